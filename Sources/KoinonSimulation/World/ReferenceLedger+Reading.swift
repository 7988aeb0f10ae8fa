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
        rereadRequests(state)
        rereadReputation(state)
        rereadDisputes(state)
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
        alliance.retiredKeys = [:]
        for (key, row) in Alliance.retiredNodeKeys.rows(in: state) {
            alliance.retiredKeys[key] = row.member
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
            thing.reporter = AccountID(row.stolen.reporter)
            thing.openOffers = Int(row.openOffers)
            thing.custodySteps = row.custodyRecords
            for (start, agreement, booking) in Agreements.bookings(of: id, in: state) {
                thing.bookings[agreement] = ResourceBook.BookingRow(
                    from: start.milliseconds, until: booking.endMs,
                    quantity: UInt64(booking.quantity), inUse: booking.inUse,
                    isWhole: booking.exclusive)
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
            var shares = [AgreementBook.Share(thing: thing, quantity: UInt64(row.quantity))]
            for item in row.also {
                guard let thing = ResourceID(item.resource) else { continue }
                shares.append(
                    AgreementBook.Share(
                        thing: thing,
                        quantity: UInt64(row.quantity) * UInt64(max(1, item.quantity))))
            }
            let roles = deals.processes[row.process]?.definition.roles.map(\.name) ?? []
            var parties: [String: AccountID] = [:]
            for (role, account) in zip(roles, row.parties) { parties[role] = AccountID(account) }
            var deal = AgreementBook.Row(
                offer: offer, shares: shares, process: row.process, parties: parties,
                state: row.state, openedAt: row.openedAtMs, enteredAt: row.enteredAtMs,
                start: row.startMs, end: row.endMs, quantity: row.quantity,
                deposit: row.depositMinor, unit: row.unit, usedFrom: row.usedFromMs,
                usedUntil: row.usedUntilMs)
            deal.frozenMs = row.frozenMs
            deal.uses = row.uses
            deal.settledAt = row.settledAtMs
            deal.settledMinor = row.settledMinor
            deal.isDisputed = row.disputed
            deal.arbiter = row.arbiter
            deal.resale = row.hasResale ? row.resale : nil
            deals.rows[id] = deal
            let occupancy = try? deals.processes[row.process]?.occupancy(row.state)
            for share in shares where occupancy == .counted {
                things.rows[share.thing]?.counted[id] = share.quantity
            }
        }
        for (account, row) in Agreements.records.rows(in: state) {
            deals.records[account] = AgreementBook.Record(
                settled: row.settled, late: row.settledLate, sinceLate: row.settledSinceLate)
        }
    }

    private mutating func rereadRequests(_ state: some StateReader) {
        for (id, row) in Market.requests.rows(in: state) {
            guard let customer = AccountID(row.customer) else { continue }
            market.requests[id] = MarketBook.RequestRow(
                wish: row.wish, customer: customer, state: row.state)
        }
        market.answers = [:]
        for (id, row) in Market.answers.rows(in: state) {
            guard let request = RequestID(row.request), let provider = AccountID(row.provider)
            else { continue }
            market.answers[id] = MarketBook.AnswerRow(
                request: request, provider: provider, terms: row.terms, startMs: row.startMs,
                durationMs: row.durationMs, byCustomer: row.byCustomer, rounds: Int(row.rounds))
        }
    }

    private mutating func rereadReputation(_ state: some StateReader) {
        for (id, row) in Reputation.reviews.rows(in: state) {
            guard let deal = deals.rows[id], let process = deals.processes[deal.process],
                let opener = process.role(.opener).flatMap({ deal.parties[$0] }),
                let provider = market.offers[deal.offer]?.provider
            else { continue }
            var review = ReputationBook.Review(phase: row.phase, dueMs: row.dueMs)
            for (account, slot) in [(opener, row.byOpener), (provider, row.byProvider)] {
                if !slot.reviewHash.isEmpty { review.sealed[account] = slot.reviewHash }
                if slot.opened { review.opened.insert(account) }
            }
            trust.reviews[id] = review
        }
        trust.vouches = [:]
        for (key, _) in Reputation.vouches.rows(in: state) {
            trust.vouches[key.a, default: []].insert(key.b.rawValue)
        }
        for (id, row) in Reputation.flags.rows(in: state) {
            guard let account = AccountID(row.account) else { continue }
            trust.flags[id] = ReputationBook.Flag(
                account: account, member: row.member, evidence: row.evidenceHash,
                isAnswered: !row.answerHash.isEmpty, isAppealed: !row.proposal.isEmpty,
                isOpen: row.status == .open)
        }
        for (key, _) in Reputation.judged.rows(in: state) {
            trust.judged[key.a, default: []].insert(Data(key.b.bytes))
        }
    }

    private mutating func rereadDisputes(_ state: some StateReader) {
        disputes.rows = [:]
        for (key, row) in Disputes.disputes.rows(in: state) {
            guard let opener = AccountID(row.opener) else { continue }
            var dispute = DisputeBook.Row(
                opener: opener, openedAt: row.openedAtMs, claim: row.claim, status: row.status,
                dueMs: row.dueMs)
            for one in row.evidence {
                if let account = AccountID(one.account) {
                    dispute.evidence[account, default: 0] += 1
                }
            }
            func places(_ seats: [Seat]) -> [DisputeBook.Place] {
                seats.map {
                    DisputeBook.Place(
                        member: $0.member, division: $0.hasDivision ? $0.division : nil)
                }
            }
            dispute.seats = places(row.seats)
            dispute.firstSeats = places(row.firstSeats)
            dispute.decision = row.hasDecision ? row.decision : nil
            dispute.isAppealed = !row.appellant.isEmpty
            disputes.rows[key.a, default: []].append(dispute)
        }
    }
}
