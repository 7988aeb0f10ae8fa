import KoinonLedger
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

/// The rules under an engine that tells everybody another order, and liars that sign all of
/// it: as the bounded models of finality and of changes of members that were made before.
@Suite("Members that follow the rules in a tree of blocks")
struct BranchWorldTests {
    /// The highest final block of each way through the tree, for someone who has seen all
    /// that was signed, from first principles: no code in common with `Finality`.
    private func finalBlock(
        at leaf: Int, in world: BranchWorld, needsNamingFinal: Bool = true
    ) -> Int {
        let signed = Set(
            world.published.compactMap { stored in
                Attestation(stored.envelope, chain: HeaderChain.chain).map {
                    "\(stored.member) \($0.blockHash)"
                }
            })
        let path = world.path(to: leaf)
        func hasQuorum(_ index: Int) -> Bool {
            let block = world.blocks[index]
            let count = block.judges.members.count {
                signed.contains("\($0.id) \(block.header.hash)")
            }
            return 3 * count > 2 * block.judges.members.count
        }
        return path.last { index in
            hasQuorum(index)
                && path.prefix { $0 != index }.allSatisfy { earlier in
                    world.blocks[earlier].next == world.blocks[earlier].judges
                        || hasQuorum(earlier)
                }
        } ?? 0
    }

    private func observe(_ leaf: Int, in world: inout BranchWorld) -> Int {
        let path = world.path(to: leaf)
        var finality = Finality(
            finalHeight: .genesis, judgeSets: [(Height(1), world.blocks[0].next)],
            rules: world.setting.rules)
        var left = world.published.shuffled(using: &world.random)
        // Some attestations before the blocks, some between them, the rest behind.
        for index in path {
            for _ in 0..<world.random.below(left.count + 1) {
                guard let stored = left.popLast() else { break }
                count(stored, &finality)
            }
            finality.add(world.blocks[index].header, judgedBy: world.blocks[index].judges)
        }
        for stored in left { count(stored, &finality) }
        // What came before a set was known counts when it is carried again.
        for stored in world.published { count(stored, &finality) }
        let height = Int(finality.finalHeight.rawValue)
        return height == 0 ? 0 : path[height - 1]
    }

    private func count(_ stored: StoredAttestation, _ finality: inout Finality) {
        guard let read = Attestation(stored.envelope, chain: HeaderChain.chain) else { return }
        finality.count(read, hashAt: { _ in nil }, isAuthentic: { _ in true })
    }

    /// Whether two blocks became final that do not lie on one chain.
    private func hasConflict(seed: UInt64, _ setting: BranchWorld.Setting) -> Bool {
        var world = BranchWorld(seed: seed, members: 4 + Int(seed % 4), setting: setting)
        for _ in 0..<160 { world.step() }
        let leaves = world.blocks.indices.filter { world.blocks[$0].children.isEmpty }
        let final = leaves.map { observe($0, in: &world) }
        return final.contains { one in
            final.contains { !world.areOnOneChain(one, $0) }
        }
    }

    @Test func `never make two blocks final that are not on one chain`() {
        var reached = 0
        for seed in 1...120 as ClosedRange<UInt64> {
            var world = BranchWorld(
                seed: seed, members: 4 + Int(seed % 4), setting: BranchWorld.Setting())
            for _ in 0..<160 { world.step() }
            let leaves = world.blocks.indices.filter { world.blocks[$0].children.isEmpty }
            var final: [Int] = []
            for leaf in leaves {
                let expected = finalBlock(at: leaf, in: world)
                let found = observe(leaf, in: &world)
                #expect(found == expected, "seed \(seed), way to \(leaf)")
                final.append(found)
            }
            for one in final {
                for other in final {
                    #expect(world.areOnOneChain(one, other), "seed \(seed)")
                }
            }
            reached += final.contains { $0 > 0 } ? 1 : 0
        }
        #expect(reached > 20, "too few trees have a final block: \(reached)")
    }

    /// Each of these wrong rules has been proposed in earnest somewhere.
    @Test func `would not be safe with weaker rules`() {
        var once = BranchWorld.Setting()
        once.rules.attests = { header, _, record in
            (header.epoch, header.height) > (record?.epoch ?? 0, record?.height ?? .genesis)
        }
        var forgetting = BranchWorld.Setting()
        forgetting.afterRestart = { _, member, key in .fresh(member, key) }
        forgetting.restarts = 20
        var small = BranchWorld.Setting()
        small.rules.quorum = { $0.quorum - 1 }
        var hasty = BranchWorld.Setting()
        hasty.rules.countsBeyondChange = { _ in true }
        hasty.rules.attestsBeyondChange = { _ in true }
        let wrong: [(String, BranchWorld.Setting)] = [
            ("once a height, not along one branch", once),
            ("a lost guard begun anew", forgetting),
            ("a quorum one too small", small),
            ("quorums of sets that nobody final has named", hasty),
        ]
        for (what, setting) in wrong {
            let seed = (1...4_000 as ClosedRange<UInt64>).first {
                hasConflict(seed: $0, setting)
            }
            #expect(seed != nil, "\(what): no conflict found")
        }
    }
}
