import Foundation
import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonNode
@testable import TestNodes

/// The same worlds with every signature in them: what members would really send each other
/// when epoch 0 is closed.
extension RecoveryWorld {
    private static let keys: [PublicKey: SigningKey] = Dictionary(
        uniqueKeysWithValues: (0..<12).map { number in
            let key = TestHome.nodeKey(of: "m\(number)")
            return (key.publicKey, key)
        })

    private func key(_ publicKey: PublicKey) -> SigningKey { Self.keys[publicKey]! }

    private func attestation(_ block: Int, by key: PublicKey) -> Signed {
        self.key(key).sign(Attestation.body(of: blocks[block].header), as: .attestation).message
    }

    /// Who signed a block that is final: honest members who did, and liars for the rest.
    private func quorum(of block: Int) -> [Signed] {
        blocks[block].judges.members.map(\.nodeKey).filter { key in
            liars.contains(key) || tips[0][key].map { isAncestor(block, of: $0) } ?? false
        }.map { attestation(block, by: $0) }
    }

    /// What anybody who computes the base knows before.
    var knowledge: RecoveryKnowledge {
        RecoveryKnowledge(
            chain: HeaderChain.chain, sets: [first], finals: [(0, blocks[Self.root].header)])
    }

    func signedStatements(
        of stating: [PublicKey], _ random: inout SeededRandom
    ) -> [Signed] {
        stating.map { key in
            liars.contains(key) ? lie(key, &random) : truth(key, &random)
        }
    }

    /// Each liar's statement once more, as if another epoch were closed: nobody takes it.
    func statedElsewhere(_ statements: [Signed]) -> [Signed] {
        statements.compactMap { signed in
            guard let key = PublicKey(signed.publicKey), liars.contains(key),
                var body = try? RecoveryStatement(strict: Array(signed.body))
            else { return nil }
            body.closes = 1
            return self.key(key).sign(body.encoded, as: .recoveryStatement).message
        }
    }

    private func truth(_ key: PublicKey, _ random: inout SeededRandom) -> Signed {
        guard let tip = tips[0][key] else { return statement(key, tip: nil, final: Self.root, []) }
        let shown = path(to: tip).filter { block in
            guard everFinal.contains(where: { $0 == (0, block) }) else { return false }
            guard let change, change != tip, isAncestor(change, of: tip) else { return true }
            return isAncestor(change, of: block)
        }
        let final = shown.isEmpty ? Self.root : shown[random.below(shown.count)]
        // It holds all its own signatures, and some of the others'.
        var held: [Signed] = path(to: tip).filter { blocks[$0].header.height > .genesis }
            .map { attestation($0, by: key) }
        for other in members where other != key && random.below(2) == 0 {
            if liars.contains(other) {
                held.append(attestation(1 + random.below(blocks.count - 1), by: other))
            } else if let tip = tips[0][other], tip != Self.root {
                held.append(attestation(tip, by: other))
            }
        }
        return statement(key, tip: tip, final: final, held)
    }

    private func lie(_ key: PublicKey, _ random: inout SeededRandom) -> Signed {
        let tip = random.below(blocks.count)
        let finals = everFinal.map(\.block).filter { isAncestor($0, of: tip) }
        return statement(key, tip: tip, final: finals[random.below(finals.count)], [])
    }

    private func statement(
        _ key: PublicKey, tip: Int?, final: Int, _ held: [Signed]
    ) -> Signed {
        var body = RecoveryStatement()
        body.chain = Data(HeaderChain.chain.bytes)
        body.member =
            (first.members + second.members).first { $0.nodeKey == key }?.id.rawValue ?? ""
        if final != Self.root {
            body.final = SignedHeader(blocks[final].header, [])
            body.final.attestations = quorum(of: final)
        }
        var named = [blocks[final].header]
        if let tip {
            body.attested = [
                LastAttested.with {
                    $0.height = blocks[tip].header.height.rawValue
                    $0.blockHash = Data(blocks[tip].header.hash.bytes)
                }
            ]
            let headers = path(to: tip).map { blocks[$0].header }
                .filter { $0.height > blocks[final].header.height }
            body.headers = headers.map { Data($0.encoded) }
            named += headers
        }
        body.attestations = held
        let sets = Set(named.flatMap { [$0.membersHash, $0.nextMembersHash] })
        body.sets = [first, second].filter { sets.contains($0.hash) }.map { MemberList($0) }
        if first == second { body.sets = [MemberList(first)] }
        return self.key(key).sign(body.encoded, as: .recoveryStatement).message
    }
}

/// Ceremonies from signed statements to a base.
@Suite("The statements of a recovery")
struct RecoverySigningTests {
    @Test(arguments: [21, 22] as [UInt64])
    func `lead to a base that undoes nothing that may have been final`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var decided = 0
        var convicted = 0
        for number in 0..<60 {
            let changes = random.below(3) == 0
            let sizes = [(4, 4), (4, 7), (7, 4), (5, 5)][random.below(4)]
            let world = RecoveryWorld(
                sizes: changes ? sizes : (sizes.0, sizes.0), changes: changes,
                depth: 2 + random.below(2), &random)
            let stating = world.stating(&random)
            var statements = world.signedStatements(of: stating, &random)
            statements += world.statedElsewhere(statements)
            let ceremony = try Ceremony(
                closes: 0, statements: statements, knowledge: world.knowledge)
            // Only a liar's statement may be one that no honest member makes.
            let honest = stating.filter { !world.liars.contains($0) }
            #expect(
                ceremony.stated.count >= honest.count,
                "seed \(seed), world \(number): \(ceremony.refused)")
            #expect(Set(ceremony.decision.convicted.keys).isSubset(of: world.liars))
            convicted += ceremony.decision.convicted.count
            // Whoever computes, and in whatever order the files came.
            let again = try Ceremony(
                closes: 0, statements: statements.shuffled(using: &random),
                knowledge: world.knowledge)
            #expect(again.decision.outcome == ceremony.decision.outcome)
            guard case .base(let header) = ceremony.decision.outcome,
                let base = world.index(of: header)
            else { continue }
            decided += 1
            for final in world.everFinal {
                #expect(
                    world.isAncestor(final.block, of: base), "seed \(seed), world \(number)")
            }
            // The record carries all that it takes to compute it again.
            let record = ceremony.record(on: header, earlier: [])
            let checked = try CheckedRecord(
                record, knowledge: world.knowledge, rule: MayBeFinalRule())
            #expect(checked.header == header && !checked.hasQuorums)
        }
        #expect(decided > 30 && convicted > 5, "\(decided) decided, \(convicted) convicted")
    }
}
