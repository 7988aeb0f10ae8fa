import KoinonLedger
import KoinonProtocol

/// Reckoned from the rows of published reviews, without the code that the actions use.
extension Reputation {
    public static func checkInvariants(in state: some StateReader) -> [String] {
        evidenceViolations(in: state) + reviewViolations(in: state) + vouchViolations(in: state)
            + flagViolations(in: state)
    }

    private struct EvidenceKey: Hashable {
        var account: AccountID
        var kind: String
        var span: UInt32
    }

    private static func evidenceViolations(in state: some StateReader) -> [String] {
        var violations: [String] = []
        var expected: [EvidenceKey: Evidence] = [:]
        var lastPair: [[UInt8]: (count: UInt32, highest: UInt32)] = [:]
        for (key, review) in published.rows(in: state) where review.score != 0 {
            let span = UInt32(review.publishedAtMs / 2_592_000_000)
            let place = EvidenceKey(account: key.a, kind: review.kind, span: span)
            var row = expected[place] ?? Evidence()
            row.reviews += 1
            if review.score > 0 {
                if review.vouched {
                    row.vouchedPraisePpm += review.weightPpm
                } else {
                    row.otherPraisePpm += review.weightPpm
                }
            } else if review.vouched {
                row.vouchedComplaintPpm += review.weightPpm
            } else {
                row.otherComplaintPpm += review.weightPpm
            }
            expected[place] = row
            let pair = Array(review.reviewer) + Array(review.account)
            var last = lastPair[pair] ?? (0, 0)
            last.count += 1
            last.highest = max(last.highest, review.pairNumber)
            lastPair[pair] = last
            if review.weightPpm > 3_000_000 {
                violations.append("a review of \(key.a) weighs \(review.weightPpm)")
            }
        }
        let rows = evidence.rows(in: state)
        for (key, row) in rows
        where expected[EvidenceKey(account: key.a, kind: key.b, span: key.c)] != row {
            violations.append("the evidence about \(key.a) in \(key.b) is not that of its reviews")
        }
        if rows.count != expected.count {
            violations.append("\(rows.count) rows of evidence, reviews give \(expected.count)")
        }
        let pairRows = pairs.rows(in: state)
        for (key, row) in pairRows {
            let pair = lastPair[key.a.bytes + key.b.bytes]
            if pair?.count != row.reviews || pair?.highest != row.reviews {
                violations.append("reviews of \(key.b) by \(key.a) are miscounted")
            }
        }
        if pairRows.count != lastPair.count { violations.append("a pair's count is missing") }
        return violations
    }

    private static func reviewViolations(in state: some StateReader) -> [String] {
        var violations: [String] = []
        var due = 0
        var counted = 0
        for (id, row) in reviews.rows(in: state) {
            guard let agreement = Agreements.agreement(id, in: state), agreement.settledAtMs != 0
            else {
                violations.append("agreement \(id) is reviewed and not settled")
                continue
            }
            if row.byOpener.reviewHash.isEmpty, row.byProvider.reviewHash.isEmpty {
                violations.append("the reviews of \(id) are none")
            }
            counted += (row.byOpener.opened ? 1 : 0) + (row.byProvider.opened ? 1 : 0)
            guard row.phase != .closed else { continue }
            if row.phase == .opening {
                counted -= (row.byOpener.opened ? 1 : 0) + (row.byProvider.opened ? 1 : 0)
            }
            due += 1
            let kind: TimerKind = row.phase == .sealing ? .sealingEnds : .openingEnds
            let isSet = Timers.isSet(
                due: Timestamp(milliseconds: row.dueMs), module: number, kind: kind.rawValue,
                subject: id.bytes, in: state)
            if !isSet { violations.append("the reviews of \(id) wait for ever") }
        }
        if Timers.all(of: number, in: state).count != due {
            violations.append("a timer is set for reviews that wait for none")
        }
        let publishedCount = published.rows(in: state).count
        if publishedCount != counted {
            violations.append("\(publishedCount) reviews count, \(counted) were opened and closed")
        }
        return violations
    }

    private static func vouchViolations(in state: some StateReader) -> [String] {
        var counts: [MemberID: UInt64] = [:]
        for (key, _) in vouches.rows(in: state) { counts[key.b, default: 0] += 1 }
        let rows = vouchers.rows(in: state)
        let wrong = rows.filter { counts[$0.key] != $0.value.vouches }
        var violations = wrong.map { "member \($0.key) vouches for another number of accounts" }
        if rows.count != counts.count {
            violations.append("a member's count of vouches is missing")
        }
        return violations
    }

    private static func flagViolations(in state: some StateReader) -> [String] {
        var violations: [String] = []
        var open = 0
        for (id, flag) in flags.rows(in: state) {
            guard let account = AccountID(flag.account),
                let member = MemberID(rawValue: flag.member),
                let evidence = Hash256(flag.evidenceHash)
            else {
                violations.append("flag \(id) has fields of another length")
                continue
            }
            let row = openFlags.get(Key2(account, member), in: state)
            let isOpen = row.map { FlagID($0.flag) == id } ?? false
            if isOpen != (flag.status == .open) {
                violations.append("flag \(id) is \(flag.status), and found open: \(isOpen)")
            }
            if isOpen { open += 1 }
            if flag.status == .lifted, !judged.contains(Key2(account, evidence), in: state) {
                violations.append("the evidence of flag \(id), which was lifted, may flag again")
            }
        }
        if openFlags.rows(in: state).count != open {
            violations.append("an account has an open flag that is none")
        }
        return violations
    }
}
