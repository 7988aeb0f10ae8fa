import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol

/// After an engine that lied: the ceremony that finds the block on which a new epoch begins.
extension AllianceWorld {
    /// How often a base is computed, each time of other statements and by another node.
    private static let rounds = 12

    /// Nothing goes on any more; every member states what its ledger holds, and of some of the
    /// statements bases are computed. None may undo what anybody honest calls final.
    func holdCeremonies() throws {
        for id in ids {
            nodes[id]?.disarm()
            if nodes[id]?.process == nil { try start(id) }
        }
        for _ in 0..<Self.rounds {
            let statements = try ids.compactMap { try statement(of: $0) }
            let computing = ids.filter { !liars.contains($0) }
            let id = computing[Int(chances.next("computing") % UInt64(computing.count))]
            guard let process = nodes[id]?.process else { continue }
            let ceremony = try process.store.read { reader in
                try Ceremony(
                    closes: 0, statements: statements,
                    knowledge: RecoveryLedger(reader, genesis: genesis).knowledge(),
                    rule: subject.baseRule)
            }
            counts.ceremonies += 1
            try check(ceremony)
        }
    }

    /// What a member states this time; nil when it says nothing.
    private func statement(of id: MemberID) throws -> Signed? {
        guard let node = nodes[id], let process = node.process,
            chances.next("states", of: id) % 4 > 0
        else { return nil }
        let record = node.attestationGuard.current()
        // Who lost its guard, or cannot show what it signed, says nothing.
        guard let record, !record.isBarred else { return nil }
        var body: RecoveryStatement
        do {
            body = try process.store.read { reader in
                try RecoveryLedger(reader, genesis: genesis).statement(
                    of: node.member, closing: 0, signedRecords: [], guardRecord: record)
            }
        } catch is RecoveryFault {
            return nil
        }
        counts.statements += 1
        if liars.contains(id), chances.next("denies", of: id) % 2 == 0 {
            // It denies what it signed.
            let own = node.member.nodeKey.publicKey.bytes
            body.attested = []
            body.headers = []
            body.attestations.removeAll { Array($0.publicKey) == own }
        }
        return node.member.nodeKey.sign(body.encoded, as: .recoveryStatement).message
    }

    private func check(_ ceremony: Ceremony) throws {
        switch ceremony.decision.outcome {
        case .base(let base):
            counts.bases += 1
            let height = base.height.rawValue
            guard let top = book.final[book.highestFinal] else { return }
            guard height >= book.highestFinal,
                book.ancestor(of: base.hash, at: book.highestFinal) == top
            else {
                throw finding(
                    .recovery,
                    "the base of \(ceremony.stated.count) statements is block \(height), \(base.hash), "
                        + "which undoes block \(book.highestFinal), \(top)")
            }
        case .brokenPromise:
            throw finding(.recovery, "the statements show two final blocks that contradict")
        case .tooFew, .conflict: break
        }
    }
}
