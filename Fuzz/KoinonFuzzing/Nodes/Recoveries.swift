import KoinonLedger
import KoinonNode
import KoinonProtocol

extension FuzzTarget {
    /// A record that begins an epoch, with its statements; as sent, and then as if the members
    /// of a small alliance had signed all that it holds.
    public static let recoveries = FuzzTarget(
        "recoveries", maximumBytes: 32_768, madeSeeds: { try RecoverySeeds().all }
    ) { bytes in
        guard let sent = try MessageProperties.decodeBinary(RecoveryRecord.self, bytes) else {
            return
        }
        for signed in sent.statements {
            _ = try MessageProperties.decodeBinary(RecoveryStatement.self, Array(signed.body))
        }
        let alliance = RecoveryAlliance.shared
        _ = try taken { () throws(RecoveryFault) in
            try CheckedRecord(sent, knowledge: alliance.knowledge, rule: MayBeFinalRule())
        }
        let record = alliance.signed(sent)
        guard record.statements.count <= RecoveryLimits.statements,
            record.earlier.count <= RecoveryLimits.earlierRecords,
            RecoveryProperties.depth(record) < RecoveryLimits.earlierRecords,
            let ceremony = try RecoveryProperties.ceremony(record)
        else { return }
        try RecoveryProperties.check(ceremony, of: record)
        let checked = try taken { () throws(RecoveryFault) in
            try CheckedRecord(record, knowledge: alliance.knowledge, rule: MayBeFinalRule())
        }
        if let checked {
            try hold(
                ceremony.decision.outcome == .base(checked.header)
                    && record.statements.count <= RecoveryLimits.statements
                    && record.sets.count <= RecoveryLimits.sets,
                "a record is taken that its statements do not lead to")
        }
    }
}

private enum RecoveryProperties {
    /// How many records lie in each other.
    static func depth(_ record: RecoveryRecord) -> Int {
        1 + (record.earlier.map { depth($0) }.max() ?? 0)
    }

    /// What the statements come to; nil when an earlier record does not hold.
    static func ceremony(_ record: RecoveryRecord) throws(Violation) -> Ceremony? {
        let epoch = record.beginning.epoch
        return try taken { () throws(RecoveryFault) in
            try Ceremony(
                closes: epoch - min(epoch, 1), statements: record.statements,
                quorums: record.quorums, sets: record.sets, records: record.earlier,
                knowledge: RecoveryAlliance.shared.knowledge)
        }
    }

    static func check(_ ceremony: Ceremony, of record: RecoveryRecord) throws(Violation) {
        let alliance = RecoveryAlliance.shared
        var turned = record
        turned.statements.reverse()
        let again = try self.ceremony(turned)
        try hold(
            again?.decision.outcome == ceremony.decision.outcome
                && again?.decision.convicted == ceremony.decision.convicted
                && again?.stated == ceremony.stated,
            "the order in which statements come in decides")
        try hold(
            ceremony.refused.allSatisfy { !$0.description.isEmpty }
                && Set(ceremony.stated).count == ceremony.stated.count,
            "a refusal without a text, or a member that states twice")
        guard case .base(let base) = ceremony.decision.outcome else { return }
        try hold(base.chain == alliance.chain, "a base of another chain")
        // What one member makes of the statements, all others take.
        var made = ceremony.record(on: base, earlier: record.earlier)
        made.beginning.base.attestations = alliance.attestations(
            of: base, in: ceremony.closes + 1)
        guard let read = try MessageProperties.decodeBinary(RecoveryRecord.self, made.encoded)
        else { throw Violation("a record is not read that was made here") }
        let checked = try taken { () throws(RecoveryFault) in
            try CheckedRecord(
                read, knowledge: alliance.knowledge, rule: MayBeFinalRule())
        }
        guard let checked, checked.header == base else {
            throw Violation("a record is refused that was made here")
        }
        let keys = alliance.keys.map(\.publicKey)
        try hold(
            checked.signings.allSatisfy { signing in
                signing.members.members.allSatisfy {
                    !keys.contains($0.nodeKey) || signing.signed.contains($0.id)
                }
            }, "a signature of the record does not count")
    }
}
