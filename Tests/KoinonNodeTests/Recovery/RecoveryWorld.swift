import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonNode
@testable import TestNodes

/// A made-up alliance whose engine showed each node what it liked: which blocks there are, who
/// attested what, who lies. Whether a block is final is counted from that, and never from
/// what the rules under test make of the statements.
struct RecoveryWorld {
    struct Block {
        var header: BlockHeader
        var parent: Int?
        /// In the epoch of the block.
        var judges: MemberSet
        /// Those who judge what follows.
        var next: MemberSet
    }

    static let root = 0
    private(set) var blocks: [Block] = []
    let first: MemberSet
    let second: MemberSet
    /// The block that names the second set, if any does.
    private(set) var change: Int?
    let liars: Set<PublicKey>
    /// What each honest member attested last in epoch 0, and in epoch 1.
    private(set) var tips: [[PublicKey: Int]] = [[:], [:]]

    var members: [PublicKey] {
        Array(Set((first.members + second.members).map(\.nodeKey))).sorted()
    }
    var honest: [PublicKey] { members.filter { !liars.contains($0) } }

    /// - Parameters:
    ///   - sizes: members of the first and of the second set; one set when they are the same.
    ///   - changes: whether a block names the second set.
    init(sizes: (Int, Int), changes: Bool, depth: Int, _ random: inout SeededRandom) {
        let names = (0..<12).map { "m\($0)" }
        first = HeaderChain.members(Array(names.prefix(sizes.0)))
        // Some stay, some come.
        let overlap = min(sizes.0, sizes.1) - random.below(3)
        second =
            changes
            ? HeaderChain.members(
                Array(names[(sizes.0 - max(overlap, 1))...].prefix(sizes.1))) : first
        let (a, b) = (first, second)
        liars = Self.liars(a, b, &random)
        blocks = [
            Block(
                header: HeaderChain.header(.genesis, .zero, first, first, time: 0), parent: nil,
                judges: first, next: first)
        ]
        var level = [Self.root]
        for _ in 0..<depth {
            var next: [Int] = []
            for parent in level {
                for _ in 0..<(1 + random.below(2)) {
                    let names = changes && change == nil && random.below(3) == 0
                    next.append(add(to: parent, names: names ? second : nil))
                    if names { change = blocks.count - 1 }
                }
            }
            level = next
        }
        if changes, change == nil { change = add(to: Self.root, names: second) }
        attest(&random)
    }

    /// At most f of each set.
    private static func liars(
        _ first: MemberSet, _ second: MemberSet, _ random: inout SeededRandom
    ) -> Set<PublicKey> {
        var liars: Set<PublicKey> = []
        for entry in (first.members + second.members).shuffled(using: &random) {
            let more = liars.union([entry.nodeKey])
            let fits = [first, second].allSatisfy { set in
                set.members.count { more.contains($0.nodeKey) } <= set.members.count - set.quorum
            }
            if fits, random.below(4) > 0 { liars = more }
        }
        return liars
    }

    @discardableResult
    mutating func add(to parent: Int, names next: MemberSet? = nil, epoch: UInt64 = 0) -> Int {
        let judges = blocks[parent].next
        var header = HeaderChain.header(
            blocks[parent].header.height.next, blocks[parent].header.hash, judges,
            next ?? judges, time: UInt64(blocks.count))
        header.epoch = epoch
        blocks.append(
            Block(header: header, parent: parent, judges: judges, next: next ?? judges))
        return blocks.count - 1
    }

    func isAncestor(_ one: Int, of other: Int) -> Bool {
        var block: Int? = other
        while let next = block {
            if next == one { return true }
            block = blocks[next].parent
        }
        return false
    }

    func path(to block: Int) -> [Int] {
        var path = [block]
        while let parent = blocks[path[path.count - 1]].parent { path.append(parent) }
        return path
    }

    /// Members attest down one branch; past the change only once it has its own quorum.
    private mutating func attest(_ random: inout SeededRandom) {
        let favourite = random.below(blocks.count)
        let isOneChain = random.below(4) == 0
        for key in honest {
            var tip = random.below(3) == 0 ? random.below(blocks.count) : favourite
            if isOneChain {
                let path = path(to: favourite)
                tip = path[random.below(path.count)]
            }
            tips[0][key] = tip
        }
        guard let change else { return }
        for (key, tip) in tips[0].sorted(by: { $0.key < $1.key })
        where tip != change && isAncestor(change, of: tip) {
            if !first.members.contains(where: { $0.nodeKey == key }) || !reachesQuorum(change, 0) {
                tips[0][key] = reachesQuorum(change, 0) ? tip : change
            }
        }
        // Whoever judges only the first set attests nothing behind the change, and the others
        // nothing before it.
        for key in honest {
            guard let tip = tips[0][key] else { continue }
            let isFirst = first.members.contains { $0.nodeKey == key }
            let isSecond = second.members.contains { $0.nodeKey == key }
            if !isSecond, tip != change, isAncestor(change, of: tip) { tips[0][key] = change }
            if !isFirst {
                let isBehind = isAncestor(change, of: tip) && tip != change
                tips[0][key] = isBehind && reachesQuorum(change, 0) ? tip : nil
            }
        }
        // Taking away may have taken the quorum: then nobody stands behind it.
        guard !reachesQuorum(change, 0) else { return }
        for (key, tip) in tips[0] where tip != change && isAncestor(change, of: tip) {
            let isFirst = first.members.contains { $0.nodeKey == key }
            tips[0][key] = isFirst ? change : nil
        }
    }

    /// Honest members' attestations of the block, or of one behind it, and those of all liars.
    func reachesQuorum(_ block: Int, _ epoch: Int, by set: MemberSet? = nil) -> Bool {
        let set = set ?? blocks[block].judges
        let count = set.members.count { member in
            liars.contains(member.nodeKey)
                || tips[epoch][member.nodeKey].map { isAncestor(block, of: $0) } ?? false
        }
        return count >= set.quorum
    }

    /// Every block that is final, or becomes so when the liars sign it too: of epoch 0 first,
    /// then of epoch 1.
    var everFinal: [(epoch: Int, block: Int)] {
        var final: [(Int, Int)] = [(0, Self.root)]
        for block in blocks.indices.dropFirst() where blocks[block].header.epoch == 0 {
            if let change, block != change, isAncestor(change, of: block), !reachesQuorum(change, 0)
            {
                continue
            }
            if reachesQuorum(block, 0) { final.append((0, block)) }
        }
        for base in Set(tips[1].values.map { self.base(of: $0) }).sorted() {
            guard beginsEpoch(on: base) else { continue }
            final.append((1, base))
            for block in blocks.indices
            where blocks[block].header.epoch == 1 && isAncestor(base, of: block) {
                if reachesQuorum(block, 1) { final.append((1, block)) }
            }
        }
        return final
    }

    func base(of block: Int) -> Int {
        path(to: block).first { blocks[$0].header.epoch == 0 } ?? block
    }

    /// Whether the record of epoch 1 on that base may have its quorums.
    func beginsEpoch(on base: Int) -> Bool {
        reachesQuorum(base, 1) && reachesQuorum(base, 1, by: blocks[base].next)
    }

    /// Honest members sign a record of epoch 1 that somebody computed, and go on behind it
    /// where it has its quorums.
    mutating func begin(on bases: [Int], _ random: inout SeededRandom) {
        for key in honest where random.below(4) > 0 {
            let base = bases[random.below(bases.count)]
            let concerned = [blocks[base].judges, blocks[base].next]
            if concerned.contains(where: { $0.members.contains { $0.nodeKey == key } }) {
                tips[1][key] = base
            }
        }
        for base in Set(tips[1].values).sorted() where beginsEpoch(on: base) {
            let children = (0..<2).map { _ in add(to: base, epoch: 1) }
            for (key, tip) in tips[1].sorted(by: { $0.key < $1.key })
            where tip == base && random.below(3) > 0 {
                guard blocks[base].next.members.contains(where: { $0.nodeKey == key }) else {
                    continue
                }
                tips[1][key] = children[random.below(4) == 0 ? 0 : 1]
            }
        }
    }
}
