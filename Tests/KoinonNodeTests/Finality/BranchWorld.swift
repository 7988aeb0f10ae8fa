import KoinonLedger
import KoinonProtocol
import KoinonStore

@testable import KoinonNode
@testable import TestNodes

/// A random tree of blocks, honest members that walk about in it by the rules, and liars that
/// sign all of it: what an ordering engine that lies to everybody can bring about.
struct BranchWorld {
    /// What honest members do beside following the rules.
    struct Setting {
        var rules = AllianceRules.standard
        /// How often a member's node begins anew on another branch, of 100 steps.
        var restarts = 8
        /// What becomes of a guard when that happens.
        var afterRestart: @Sendable (GuardRecord?, MemberID, PublicKey) -> GuardRecord? = {
            record, _, _ in record
        }
        var changesMembers = true
    }

    struct Block {
        var header: BlockHeader
        var parent: Int?
        var judges: MemberSet
        var next: MemberSet
        var children: [Int] = []
    }

    struct Member {
        var id: MemberID
        var key: SigningKey
        var guardRecord: GuardRecord?
        /// Blocks of its chain after block 0.
        var path: [Int] = []
        var attester: Attester
    }

    var blocks: [Block] = []
    var members: [Member] = []
    /// Everything that anybody has signed.
    var published: [StoredAttestation] = []
    let setting: Setting
    var random: SeededRandom
    let names: [MemberID]
    let liars: Set<MemberID>

    init(seed: UInt64, members count: Int, setting: Setting) {
        random = SeededRandom(seed: seed)
        self.setting = setting
        names = MemberID.names.prefix(count).map { MemberID(rawValue: $0)! }
        liars = Set(names.suffix((count - 1) / 3))
        let first = HeaderChain.members(names.map(\.rawValue))
        blocks = [
            Block(header: HeaderChain(first).header, parent: nil, judges: first, next: first)
        ]
        grow()
        members = names.filter { !liars.contains($0) }.map { id in
            let key = TestHome.nodeKey(of: id.rawValue)
            let record = GuardRecord.fresh(id, key.publicKey)
            return Member(
                id: id, key: key, guardRecord: record, attester: attester(id, key, record, []))
        }
        for index in blocks.indices.dropFirst() {
            for judge in blocks[index].judges.members where liars.contains(judge.id) {
                publish(judge.id, blocks[index].header)
            }
        }
    }

    private mutating func publish(_ id: MemberID, _ header: BlockHeader) {
        let envelope = TestHome.nodeKey(of: id.rawValue).sign(
            Attestation.body(of: header), as: .attestation)
        published.append(StoredAttestation(height: header.height, member: id, envelope: envelope))
    }

    /// Three blocks deep, mostly two ways on.
    private mutating func grow() {
        var level = [0]
        for depth in 1...3 {
            var nextLevel: [Int] = []
            for parent in level {
                for _ in 0..<(depth == 3 ? 1 : 2) {
                    let index = blocks.count
                    let judges = blocks[parent].next
                    let next = setting.changesMembers && random.below(4) == 0 ? otherSet() : judges
                    let header = HeaderChain.header(
                        blocks[parent].header.height.next, blocks[parent].header.hash, judges,
                        next, time: UInt64(index))
                    blocks.append(Block(header: header, parent: parent, judges: judges, next: next))
                    blocks[parent].children.append(index)
                    nextLevel.append(index)
                }
            }
            level = nextLevel
        }
    }

    /// At least four of all members, liars a third at most.
    private mutating func otherSet() -> MemberSet {
        while true {
            let chosen = names.filter { _ in random.below(4) > 0 }
            let lying = chosen.count { liars.contains($0) }
            guard chosen.count >= min(4, names.count), lying <= (chosen.count - 1) / 3 else {
                continue
            }
            return HeaderChain.members(chosen.map(\.rawValue))
        }
    }

    /// The blocks from the first to this one.
    func path(to index: Int) -> [Int] {
        var path: [Int] = []
        var next: Int? = index
        while let index = next, index > 0 {
            path.append(index)
            next = blocks[index].parent
        }
        return path.reversed()
    }

    private func attester(
        _ id: MemberID, _ key: SigningKey, _ record: GuardRecord?, _ path: [Int]
    ) -> Attester {
        let hosted = HostedMember(id: id, nodeKey: key)
        let rule = BranchRule(
            member: id, nodeKey: key.publicKey, record: record,
            tip: blocks[path.last ?? 0].header
        ) { height in
            let place = Int(height.rawValue) - 1
            return path.indices.contains(place) ? blocks[path[place]].header : nil
        }
        var attester = Attester(
            chain: HeaderChain.chain, hosted: [(hosted, rule)],
            finality: Finality(
                finalHeight: .genesis, judgeSets: [(Height(1), blocks[0].next)],
                rules: setting.rules), rules: setting.rules)
        for index in path { attester.add(blocks[index].header, judgedBy: blocks[index].judges) }
        return attester
    }

    /// One thing happens to one member.
    mutating func step() {
        let index = random.below(members.count)
        let chance = random.below(100)
        if chance < setting.restarts {
            restart(index)
        } else if chance < 45 {
            let children = blocks[members[index].path.last ?? 0].children
            guard !children.isEmpty else { return }
            let child = children[random.below(children.count)]
            members[index].path.append(child)
            members[index].attester.add(blocks[child].header, judgedBy: blocks[child].judges)
        } else if chance < 80 {
            for _ in 0..<4 {
                let seen = published[random.below(published.count)]
                let known = members[index].attester.count(carried: seen.envelope.message) { _ in nil
                }
                if let record = known.guardRecord { members[index].guardRecord = record }
            }
        }
        if random.below(3) > 0 { sign(index) }
    }

    private mutating func sign(_ index: Int) {
        let step = members[index].attester.sign()
        for record in step.guards { members[index].guardRecord = record }
        published += step.attestations
    }

    /// The node is set up anew from the blocks of some branch, as an engine that lies gives
    /// them; with the guard that it finds.
    private mutating func restart(_ index: Int) {
        let member = members[index]
        let record = setting.afterRestart(member.guardRecord, member.id, member.key.publicKey)
        members[index].path = path(to: random.below(blocks.count))
        members[index].guardRecord = record
        members[index].attester = attester(member.id, member.key, record, members[index].path)
    }

    /// Whether one of two blocks is an ancestor of the other.
    func areOnOneChain(_ one: Int, _ other: Int) -> Bool {
        one == 0 || other == 0 || path(to: one).contains(other) || path(to: other).contains(one)
    }
}
