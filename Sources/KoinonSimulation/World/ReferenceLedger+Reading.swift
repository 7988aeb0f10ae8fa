import Foundation
import KoinonMachine
import KoinonProtocol

/// Where the model cannot tell what an action does, it goes on from what the machine made
/// of it. Money never: balances and holds follow what receipts say, by their own sums.
extension ReferenceLedger {
    mutating func reread(_ state: some StateReader) {
        rereadAlliance(state)
        rereadAccounts(state)
        rereadThings(state)
        rereadAgreements(state)
        timers.replace(with: Timers.pending(in: state).map(ReferenceTimer.init))
    }

    private mutating func rereadAlliance(_ state: some StateReader) {
        alliance.parameters = Alliance.parameters(in: state)
        alliance.members = [:]
        for (id, row) in Alliance.members.rows(in: state) {
            guard let key = PublicKey(row.nodeKey), let account = AccountID(row.account) else {
                continue
            }
            alliance.members[id.rawValue] = AllianceBook.MemberRow(nodeKey: key, account: account)
        }
        for (id, row) in CoreRows.authors.rows(in: state) {
            guard let key = PublicKey(row.nodeKey) else { continue }
            authors[id.rawValue] = Author(
                nodeKey: key, sequence: row.lastSequence, clockMs: row.lastClockMs)
        }
        for (id, row) in Alliance.proposals.rows(in: state) {
            var proposal = AllianceBook.ProposalRow(
                change: row.content.change, closesAtMs: row.closesAtMs)
            proposal.isOpen = row.status == .open
            for member in row.yes { proposal.votes[member] = true }
            for member in row.no { proposal.votes[member] = false }
            alliance.proposals[id] = proposal
        }
    }

    private mutating func rereadAccounts(_ state: some StateReader) {
        for (id, row) in Accounts.accounts.rows(in: state) {
            guard let first = row.keys.first.flatMap({ PublicKey($0.publicKey) }) else { continue }
            var account = AccountBook.Row(firstKey: first, sponsor: "")
            account.keys = row.keys.compactMap { key in
                PublicKey(key.publicKey).map { publicKey in
                    AccountBook.Key(
                        key: publicKey, limits: key.limits.map { ($0.unit, $0.perDayMinor) },
                        spent: Dictionary(
                            key.spending.map { ($0.unit, ($0.day, $0.spentMinor)) }
                        ) { first, _ in first })
                }
            }
            account.revoked = people.accounts[id]?.revoked ?? []
            account.sponsors = row.sponsorships.map(\.sponsor)
            account.requestedSponsor = row.requestedSponsor
            account.recoveryAccount = AccountID(row.recoveryAccount)
            account.recoveryDelayMs = row.recoveryDelayMs
            if row.hasPendingRecovery, let key = PublicKey(row.pendingRecovery.publicKey) {
                account.pending = (key, row.pendingRecovery.dueMs)
            }
            people.accounts[id] = account
        }
        for (key, _) in Accounts.revokedKeys.rows(in: state) {
            people.accounts[key.a]?.revoked.insert(key.b)
        }
        for (id, row) in Accounts.sponsors.rows(in: state) {
            people.sponsors[id.rawValue] = AccountBook.Sponsor(
                accounts: row.accounts, day: row.day, openedThatDay: row.openedThatDay)
        }
    }

    private mutating func rereadThings(_ state: some StateReader) {
        for (kind, _) in Resources.kinds.rows(in: state) { things.kinds.insert(kind) }
        for (id, row) in Resources.resources.rows(in: state) {
            guard let owner = AccountID(row.owner), let issuer = AccountID(row.issuer) else {
                continue
            }
            if !row.serial.isEmpty { things.serials.insert("\(issuer) \(row.serial)") }
            var thing = ResourceBook.Row(kind: row.kind, owner: owner, capacity: row.capacity)
            thing.retired = row.retired
            thing.openOffers = Int(row.openOffers)
            thing.custodySteps = row.custodyRecords
            for (start, agreement, booking) in Agreements.bookings(of: id, in: state) {
                thing.bookings[agreement] = ResourceBook.BookingRow(
                    from: start.milliseconds, until: booking.endMs, quantity: booking.quantity,
                    inUse: booking.inUse)
            }
            things.rows[id] = thing
        }
        for (id, row) in Market.offers.rows(in: state) {
            guard let provider = AccountID(row.provider) else { continue }
            market.offers[id] = MarketBook.Row(
                terms: row.terms, provider: provider, withdrawn: row.withdrawn)
        }
    }

    private mutating func rereadAgreements(_ state: some StateReader) {
        for (id, definition) in Agreements.processes.rows(in: state)
        where deals.processes[id] == nil {
            // One that this model cannot read leaves its agreements to the machine.
            deals.processes[id] = try? ReferenceProcess(definition)
        }
        for (id, row) in Agreements.agreements.rows(in: state) {
            guard let offer = OfferID(row.offer), let thing = ResourceID(row.resource) else {
                continue
            }
            let roles = deals.processes[row.process]?.definition.roles.map(\.name) ?? []
            var parties: [String: AccountID] = [:]
            for (role, account) in zip(roles, row.parties) { parties[role] = AccountID(account) }
            deals.rows[id] = AgreementBook.Row(
                offer: offer, thing: thing, process: row.process, parties: parties,
                state: row.state, openedAt: row.openedAtMs, enteredAt: row.enteredAtMs,
                start: row.startMs, end: row.endMs, quantity: row.quantity,
                deposit: row.depositMinor, unit: row.unit, usedFrom: row.usedFromMs,
                usedUntil: row.usedUntilMs)
        }
        for (account, row) in Agreements.records.rows(in: state) {
            deals.records[account] = AgreementBook.Record(
                settled: row.settled, late: row.settledLate, sinceLate: row.settledSinceLate)
        }
    }
}
