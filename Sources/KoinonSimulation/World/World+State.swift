import Foundation
import KoinonMachine
import KoinonProtocol

/// The state after a block: the modules' own invariants, then row by row what the model
/// holds.
extension World {
    func checkState() throws {
        let violations = Modules.invariantViolations(in: replica.state)
        try require(violations.isEmpty, .invariant, violations.prefix(3).joined(separator: "; "))
        try checkMoney()
        try checkTimers()
        try checkThings()
        try checkAgreements()
        try checkRequests()
        try checkAlliance()
        try checkAccounts()
        try checkReputation()
        try checkDisputes()
    }

    private func checkMoney() throws {
        let state = replica.state
        var balances = 0
        for (key, row) in Money.balances.rows(in: state) {
            balances += 1
            try require(
                row.amountMinor == reference.money.balance(key.a, key.b), .state,
                "\(key.a) has \(row.amountMinor) \(key.b), expected "
                    + "\(reference.money.balance(key.a, key.b))")
        }
        try require(
            balances == reference.money.balances.values.reduce(0) { $0 + $1.count }, .state,
            "there are \(balances) balances, expected more")
        var holds = 0
        for (key, row) in Money.holds.rows(in: state) {
            holds += 1
            try require(
                row.amountMinor == reference.money.held(key.a, key.b), .state,
                "\(key.a) holds \(row.amountMinor) \(key.b), expected "
                    + "\(reference.money.held(key.a, key.b))")
        }
        try require(
            holds == reference.money.holds.values.reduce(0) { $0 + $1.count }, .state,
            "there are \(holds) holds, expected more")
        let units = Money.units.rows(in: state)
        for (name, row) in units {
            let unit = reference.money.units[name]
            try require(
                unit?.issued == row.issuedMinor && unit?.redeemed == row.redeemedMinor
                    && unit.map { Data($0.issuer.bytes) } == row.issuer, .state,
                "unit \(name) is not as expected")
        }
        try require(units.count == reference.money.units.count, .state, "units are missing")
    }

    private func checkTimers() throws {
        let pending = Timers.pending(in: replica.state).map(ReferenceTimer.init)
        guard pending != reference.timers.all else { return }
        let missing = reference.timers.all.first { !pending.contains($0) }
        let surplus = pending.first { !reference.timers.all.contains($0) }
        throw finding(
            .state,
            "timers differ: missing \(missing.map { "\($0)" } ?? "none"), "
                + "surplus \(surplus.map { "\($0)" } ?? "none")")
    }

    private func checkThings() throws {
        let rows = Resources.resources.rows(in: replica.state)
        try require(rows.count == reference.things.rows.count, .state, "things are missing")
        for (id, row) in rows {
            guard let thing = reference.things.rows[id] else {
                throw finding(.state, "resource \(id) was not expected")
            }
            try require(
                thing.capacity == row.capacity && Data(thing.owner.bytes) == row.owner
                    && thing.retired == row.retired && thing.openOffers == Int(row.openOffers)
                    && thing.custodySteps == row.custodyRecords
                    && thing.quantityInUse == UInt64(row.quantityInUse)
                    && thing.quantityCounted == UInt64(row.quantityCounted)
                    && thing.isTakenWhole == row.exclusive
                    && reference.openDisputes(about: id) == Int(row.openDisputes)
                    && thing.reporter.map { Data($0.bytes) } ?? Data() == row.stolen.reporter,
                .state,
                "resource \(id) is not as expected: \(row.jsonForm(pretty: false))")
            let bookings = Agreements.bookings(of: id, in: replica.state)
            try require(
                bookings.count == thing.bookings.count && bookings.count == Int(row.openBookings),
                .state,
                "resource \(id) has \(bookings.count) bookings, expected "
                    + "\(thing.bookings.count)")
            for (start, agreement, booking) in bookings {
                let found = ResourceBook.BookingRow(
                    from: start.milliseconds, until: booking.endMs,
                    quantity: UInt64(booking.quantity), inUse: booking.inUse,
                    isWhole: booking.exclusive)
                try require(
                    thing.bookings[agreement] == found, .state,
                    "\(agreement) has booked \(found), expected "
                        + "\(thing.bookings[agreement].map { "\($0)" } ?? "nothing")")
            }
        }
    }

    private func checkAgreements() throws {
        let rows = Agreements.agreements.rows(in: replica.state)
        try require(rows.count == reference.deals.rows.count, .state, "agreements are missing")
        for (id, row) in rows {
            guard let deal = reference.deals.rows[id] else {
                throw finding(.state, "agreement \(id) was not expected")
            }
            let parties = reference.deals.processes[deal.process]?.definition.roles.map {
                deal.parties[$0.name].map { Data($0.bytes) } ?? Data()
            }
            try require(
                deal.state == row.state && deal.enteredAt == row.enteredAtMs
                    && deal.start == row.startMs && deal.end == row.endMs
                    && deal.quantity == row.quantity && deal.deposit == row.depositMinor
                    && deal.usedFrom == row.usedFromMs && deal.usedUntil == row.usedUntilMs
                    && deal.openedAt == row.openedAtMs && deal.unit == row.unit
                    && deal.uses == row.uses && deal.frozenMs == row.frozenMs
                    && deal.settledAt == row.settledAtMs && deal.settledMinor == row.settledMinor
                    && deal.isDisputed == row.disputed && deal.arbiter == row.arbiter
                    && deal.resale == (row.hasResale ? row.resale : nil) && parties == row.parties,
                .state,
                "agreement \(id) is \(row.jsonForm(pretty: false)), expected \(deal)")
        }
        for (account, row) in Agreements.records.rows(in: replica.state) {
            let found = AgreementBook.Record(
                settled: row.settled, late: row.settledLate, sinceLate: row.settledSinceLate)
            try require(
                reference.deals.records[account] == found, .state,
                "\(account) settled \(found), expected otherwise")
        }
        for (id, row) in Market.offers.rows(in: replica.state) {
            try require(
                reference.market.offers[id]?.withdrawn == row.withdrawn
                    && reference.market.offers[id]?.terms.platform == row.terms.platform, .state,
                "offer \(id) is not as expected")
        }
    }

    private func checkRequests() throws {
        for (id, row) in Market.requests.rows(in: replica.state) {
            let request = reference.market.requests[id]
            try require(
                request?.state == row.state && request?.wish == row.wish, .state,
                "request \(id) is \(row.state), expected \(request.map { "\($0.state)" } ?? "none")"
            )
        }
        let answers = Market.answers.rows(in: replica.state)
        try require(
            answers.count == reference.market.answers.count, .state, "answers are missing")
        for (id, row) in answers {
            let answer = reference.market.answers[id]
            try require(
                answer?.terms == row.terms && answer?.startMs == row.startMs
                    && answer?.durationMs == row.durationMs
                    && answer?.byCustomer == row.byCustomer
                    && answer.map { UInt32($0.rounds) } == row.rounds, .state,
                "answer \(id) is not as expected")
        }
    }

    private func checkDisputes() throws {
        for (key, row) in Disputes.disputes.rows(in: replica.state) {
            let all = reference.disputes.rows[key.a] ?? []
            let dispute = all.indices.contains(Int(key.b)) ? all[Int(key.b)] : nil
            let decision = row.hasDecision ? row.decision : nil
            try require(
                dispute?.status == row.status && dispute?.dueMs == row.dueMs
                    && dispute?.decision == decision
                    && dispute?.seats.map(\.member) == row.seats.map(\.member)
                    && dispute?.evidence.values.reduce(0, +) == row.evidence.count, .state,
                "dispute \(key.b) of \(key.a) is \(row.jsonForm(pretty: false)), expected "
                    + "\(dispute.map { "\($0)" } ?? "none")")
        }
    }

    private func checkReputation() throws {
        for (id, row) in Reputation.flags.rows(in: replica.state) {
            let flag = reference.trust.flags[id]
            try require(
                flag?.isOpen == (row.status == .open)
                    && flag.map { Data($0.account.bytes) } == row.account, .state,
                "flag \(id) is not as expected")
        }
        for (id, row) in Reputation.reviews.rows(in: replica.state) {
            let review = reference.trust.reviews[id]
            let opened = [row.byOpener, row.byProvider].count(where: \.opened)
            try require(
                review?.phase == row.phase && review?.dueMs == row.dueMs
                    && review?.opened.count == opened, .state,
                "the reviews of \(id) are \(row.phase), expected "
                    + "\(review.map { "\($0.phase)" } ?? "none")")
        }
        let vouches = Reputation.vouches.rows(in: replica.state)
        try require(
            vouches.count == reference.trust.vouches.values.reduce(0) { $0 + $1.count }, .state,
            "vouches are missing")
    }

    private func checkAlliance() throws {
        let state = replica.state
        let members = Alliance.members.rows(in: state)
        try require(members.count == reference.alliance.members.count, .state, "members differ")
        for (id, row) in members {
            let member = reference.alliance.members[id.rawValue]
            try require(
                member.map { Data($0.account.bytes) } == row.account
                    && member.map { Data($0.nodeKey.bytes) } == row.nodeKey, .state,
                "member \(id) is not as expected")
        }
        try require(
            Alliance.retiredNodeKeys.rows(in: state)
                .reduce(into: [:]) { $0[$1.key] = $1.value.member }
                == reference.alliance.retiredKeys, .state, "the retired node keys differ")
        try require(
            Alliance.parameters(in: state) == reference.alliance.parameters, .state,
            "the parameters are not those expected")
        for (id, row) in Alliance.proposals.rows(in: state) {
            guard let proposal = reference.alliance.proposals[id] else {
                throw finding(.state, "proposal \(id) was not expected")
            }
            let yes = proposal.votes.filter(\.value).map(\.key).sorted()
            let no = proposal.votes.filter { !$0.value }.map(\.key).sorted()
            try require(
                proposal.isOpen == (row.status == .open) && yes == row.yes && no == row.no, .state,
                "proposal \(id) is not as expected: \(row.jsonForm(pretty: false))")
        }
    }

    private func checkAccounts() throws {
        let rows = Accounts.accounts.rows(in: replica.state)
        try require(rows.count == reference.people.accounts.count, .state, "accounts are missing")
        for (id, row) in rows {
            guard let account = reference.people.accounts[id] else {
                throw finding(.state, "account \(id) was not expected")
            }
            let keys = account.keys.map { key in
                "\(key.key) \(key.limits.map { "\($0.unit) \($0.perDay)" })"
            }
            let found = row.keys.map { key in
                "\(PublicKey(key.publicKey).map { "\($0)" } ?? "") "
                    + "\(key.limits.map { "\($0.unit) \($0.perDayMinor)" })"
            }
            try require(
                keys == found && account.sponsors == row.sponsorships.map(\.sponsor)
                    && account.requestedSponsor == row.requestedSponsor
                    && account.pending?.dueMs ?? 0 == row.pendingRecovery.dueMs, .state,
                "account \(id) is not as expected")
        }
        for (name, author) in reference.authors {
            guard let id = MemberID(rawValue: name) else { continue }
            try require(
                replica.lastSequence(of: id) == author.sequence
                    && replica.lastClock(of: id).milliseconds == author.clockMs, .state,
                "the last sequence or clock of \(name) is not as expected")
        }
    }
}

extension ReferenceTimer {
    init(_ record: TimerRecord) {
        self.init(
            due: record.dueMs, module: record.module, kind: record.kind,
            subject: Array(record.subject), name: record.name)
    }
}
