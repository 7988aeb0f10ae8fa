import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonNode
@testable import TestNodes

extension RecoveryWorld {
    func point(_ block: Int) -> BlockPoint { BlockPoint(blocks[block].header) }

    private func epoch(_ block: Int) -> UInt64 { blocks[block].header.epoch }

    /// What a ceremony that closes an epoch gets from those members: the honest say what they
    /// did, the liars what they like.
    ///
    /// - Parameters:
    ///   - bases: on which a record of epoch 1 was computed; liars may name these only.
    func recovery(
        closing: UInt64, stating: [PublicKey], bases: [Int] = [],
        _ random: inout SeededRandom
    ) -> RecoveryCase {
        var tree = BlockTree()
        for block in blocks { tree.insert(block.header) }
        var finals: Set<ShownFinal> = [ShownFinal(epoch: 0, block: point(Self.root))]
        var statements: [StatedPosition] = []
        var attested: Set<AttestedPoint> = []
        for key in stating {
            let id = MemberID(rawValue: "m\(members.firstIndex(of: key) ?? 0)")!
            var position = StatedPosition(member: id, key: key, since: 0, tips: [:])
            if liars.contains(key) {
                position.tips[0] = point(plausible(&random))
                if closing == 1, !bases.isEmpty, random.below(2) == 0 {
                    position.tips[1] = point(bases[random.below(bases.count)])
                }
            } else {
                honest(key, closing: closing, &position, &finals, &random)
            }
            statements.append(position)
            if random.below(2) == 0 { attested.formUnion(attestations(key, closing, &random)) }
        }
        return RecoveryCase(
            closes: closing, tree: tree,
            sets: Dictionary([first, second].map { ($0.hash, $0) }) { set, _ in set },
            statements: statements, attested: attested, finals: finals)
    }

    /// A block that a liar may name: nothing behind a change without a quorum.
    private func plausible(_ random: inout SeededRandom) -> Int {
        let named = blocks.indices.filter { block in
            guard epoch(block) == 0 else { return false }
            guard let change, block != change, isAncestor(change, of: block) else { return true }
            return reachesQuorum(change, 0)
        }
        return named[random.below(named.count)]
    }

    private func honest(
        _ key: PublicKey, closing: UInt64, _ position: inout StatedPosition,
        _ finals: inout Set<ShownFinal>, _ random: inout SeededRandom
    ) {
        if let tip = tips[0][key] {
            position.tips[0] = point(tip)
            // Shows some block of its branch with a quorum; the change when it stands behind it.
            let shown = path(to: tip).filter { block in everFinal.contains { $0 == (0, block) } }
            let least = shown.filter { block in
                change.map { $0 == tip || !isAncestor($0, of: tip) || isAncestor($0, of: block) }
                    ?? true
            }
            if !least.isEmpty {
                finals.insert(
                    ShownFinal(epoch: 0, block: point(least[random.below(least.count)])))
            }
        }
        guard closing == 1, let tip = tips[1][key] else { return }
        position.tips[1] = point(tip)
        guard epoch(tip) == 1 else { return }
        // It went on because it has seen the record with its quorums.
        position.since = 1
        position.tips[0] = nil
        finals.insert(ShownFinal(epoch: 1, block: point(base(of: tip))))
        if reachesQuorum(tip, 1), random.below(2) == 0 {
            finals.insert(ShownFinal(epoch: 1, block: point(tip)))
        }
    }

    /// What others hold of one member: of an honest one all of its branch, of a liar anything.
    private func attestations(
        _ key: PublicKey, _ closing: UInt64, _ random: inout SeededRandom
    ) -> [AttestedPoint] {
        var points: [AttestedPoint] = []
        func add(_ block: Int, in epoch: UInt64) {
            points.append(AttestedPoint(key: key, epoch: epoch, block: point(block)))
        }
        if liars.contains(key) {
            for _ in 0..<random.below(3) { add(random.below(blocks.count), in: 0) }
            return points
        }
        for block in tips[0][key].map({ path(to: $0) }) ?? [] where block != Self.root {
            add(block, in: 0)
        }
        guard closing == 1, let tip = tips[1][key] else { return points }
        add(base(of: tip), in: 1)
        if epoch(tip) == 1 { add(tip, in: 1) }
        return points
    }

    /// As many members of every set as it takes, in any order, and a few more; now and then of
    /// the first set only, as if nobody thought of the others.
    func stating(_ random: inout SeededRandom) -> [PublicKey] {
        var stating: [PublicKey] = []
        let sets = random.below(3) == 0 ? [first] : [first, second]
        for key in members.shuffled(using: &random) {
            let lacks = sets.contains { set in
                set.members.count { stating.contains($0.nodeKey) } < set.quorum
            }
            let isMore = sets.count == 2 && random.below(4) == 0
            if lacks && sets.contains(where: { $0.members.contains { $0.nodeKey == key } })
                || isMore
            {
                stating.append(key)
            }
        }
        return stating
    }

    /// Enumerates who of the first set lies and what the silent did, and asks whether any of it
    /// makes the block final in epoch 0: no formula.
    func isFinalSomehow(
        _ block: Int, _ recovery: RecoveryCase, stating: [PublicKey]
    ) -> Bool {
        let keys = first.members.map(\.nodeKey)
        let supporters = Set(
            recovery.statements.filter { statement in
                statement.tips[0].map {
                    recovery.tree.isAncestor(blocks[block].header.hash, of: $0.hash)
                } ?? false
            }.map(\.key))
        let convicted = recovery.convictions
        return (0..<(1 << keys.count)).contains { mask in
            let lying = Set(keys.indices.filter { mask >> $0 & 1 == 1 }.map { keys[$0] })
            guard lying.count <= keys.count - first.quorum,
                lying.isSuperset(of: keys.filter { convicted[$0] != nil })
            else { return false }
            let signing = keys.count { key in
                lying.contains(key) || supporters.contains(key) || !stating.contains(key)
            }
            return signing >= first.quorum
        }
    }

    func index(of header: BlockHeader) -> Int? {
        blocks.firstIndex { $0.header == header }
    }
}

/// A wrong rule, planted to see that the search finds it: the highest block with a quorum that
/// the statements show or add up to.
struct HighestKnownQuorum: BaseRule {
    func decide(_ recovery: RecoveryCase) -> BaseDecision {
        let headers = recovery.tree.all.sorted { ($0.height, $0.hash) < ($1.height, $1.hash) }
        let known = headers.filter { header in
            let isShown = recovery.finals.contains { $0.block.hash == header.hash }
            guard !isShown, let set = recovery.sets[header.membersHash] else { return isShown }
            let count = set.members.count { member in
                recovery.statements.contains { statement in
                    statement.key == member.nodeKey
                        && statement.tips.values.contains {
                            recovery.tree.isAncestor(header.hash, of: $0.hash)
                        }
                }
            }
            return count >= set.quorum
        }
        return BaseDecision(
            outcome: .base(known.last ?? headers[0]), convicted: [:], possible: [])
    }
}
