import KoinonClient
import KoinonLedger
import KoinonProtocol

@testable import KoinonSimulation

/// Lives written by hand, for wrong rules that only show where several things meet.
enum AlliancePlantScripts {
    private static func setting(
        _ members: [String], candidates: [String] = [], healsAtMs: UInt64, seed: UInt64 = 1
    ) -> AllianceSetting {
        AllianceSetting(
            members: members, candidates: candidates, liars: [], timeMs: 1_772_409_600_000,
            latencyMs: 1, diskMs: 1, seed: seed, healsAtMs: healsAtMs, checkpointPages: 40)
    }

    private static func wallet(_ setting: AllianceSetting) -> Wallet {
        guard let wallet = try? Wallet(setting) else { preconditionFailure("no such alliance") }
        return wallet
    }

    /// Of each member in turn, to its own node.
    private static func transactions(
        _ count: Int, everyMs: UInt64, in setting: AllianceSetting
    ) -> [AllianceStep] {
        var wallet = wallet(setting)
        return (0..<count).map { number in
            let member = setting.members[number % setting.members.count]
            let account = wallet.account(ofMember: member)
            let unit = Action.createUnit("unit-\(number)", title: "A unit", scale: 0)
            let step = wallet.transaction([unit], by: account, expiresInMs: 600_000)
            return AllianceStep(atMs: 200 + everyMs * UInt64(number), .send(step, to: [member]))
        }
    }

    /// The engine tells two and two different orders, and lets nothing of one into the other.
    /// One of them loses its disk, perhaps its guard, and is told the other order: where it
    /// meets no signature of its own that would warn it.
    static func otherOrder(from splitAtMs: UInt64, guardFault: GuardLoss?) -> AllianceScript {
        let setting = setting(["alfa", "bravo", "carla", "delta"], healsAtMs: 9_000, seed: 3)
        var steps = transactions(40, everyMs: 200, in: setting)
        steps.append(
            AllianceStep(atMs: splitAtMs, .split([["alfa", "bravo"], ["carla", "delta"]])))
        var crash = NodeCrash(
            node: "alfa", disk: CrashStep(operation: 0, loss: .nothing), downMs: 100)
        (crash.losesDisk, crash.guardFault) = (true, guardFault)
        steps.append(AllianceStep(atMs: 5_000, .mislead("alfa", order: 1)))
        steps.append(AllianceStep(atMs: 5_000, .crash(crash)))
        steps.sort { $0.atMs < $1.atMs }
        return AllianceScript(setting: setting, steps: steps)
    }

    /// One of four leaves sequences out and fills them later, and says that entries far ahead may
    /// be gone; another loses its disk when the order's beginning is gone, and takes blocks.
    ///
    /// - Parameter seed: chooses which sequences.
    static func outOfTurn(seed: UInt64) -> AllianceScript {
        var setting = setting(
            ["alfa", "bravo", "carla", "delta"], healsAtMs: 9_500, seed: seed)
        (setting.liars, setting.retainedBlocks) = (["delta"], 20)
        var steps = transactions(90, everyMs: 100, in: setting)
        var crash = NodeCrash(
            node: "alfa", disk: CrashStep(operation: 0, loss: .nothing), downMs: 100)
        crash.losesDisk = true
        steps.append(AllianceStep(atMs: 4_450, .lie("delta", .skipSequence)))
        steps.append(AllianceStep(atMs: 5_000, .lie("delta", .markAhead)))
        steps.append(AllianceStep(atMs: 5_500, .crash(crash)))
        steps.sort { $0.atMs < $1.atMs }
        return AllianceScript(setting: setting, steps: steps)
    }

    /// From one of four the next entry of every author is hidden: what follows has no effect there,
    /// so it closes no block that could differ from another's.
    static func hiddenFromOne() -> AllianceScript {
        let setting = setting(["alfa", "bravo", "carla", "delta"], healsAtMs: 9_000)
        var steps = transactions(40, everyMs: 200, in: setting)
        steps.append(AllianceStep(atMs: 3_100, .hide("delta")))
        steps.sort { $0.atMs < $1.atMs }
        return AllianceScript(setting: setting, steps: steps)
    }

    /// Of two members one signs the block that admits a third and stores that; before an entry
    /// carries it, its process ends. Every message takes a millisecond.
    static func storedAndNotCarried() -> AllianceScript {
        let setting = setting(["alfa", "bravo"], candidates: ["xeno"], healsAtMs: 6_000)
        var wallet = wallet(setting)
        let alfa = wallet.account(ofMember: "alfa")
        let proposal = wallet.nextProposal(by: alfa)
        let admission = Action.propose(
            title: "Admit xeno",
            Action.admission(
                of: wallet.id("xeno"), name: "xeno",
                nodeKey: KeyChest.key(Setting.nodeKey(of: "xeno")).publicKey,
                accountKey: KeyChest.key(Setting.accountKey(of: "xeno")).publicKey))
        let proposes = wallet.transaction([admission], by: alfa, expiresInMs: 600_000)
        let votes = wallet.transaction(
            [.vote(true, on: proposal)], by: wallet.account(ofMember: "bravo"),
            expiresInMs: 600_000)
        let crash = NodeCrash(
            node: "alfa", disk: CrashStep(operation: 0, loss: .nothing), downMs: 50)
        return AllianceScript(
            setting: setting,
            steps: [
                AllianceStep(atMs: 2_000, .send(proposes, to: ["alfa"])),
                AllianceStep(atMs: 3_000, .send(votes, to: ["bravo"])),
                // The block has come to alfa; what alfa has to say of it does not go out.
                AllianceStep(atMs: 3_004, .cut(["alfa"], forMs: 100)),
                AllianceStep(atMs: 3_480, .crash(crash)),
            ])
    }

    /// Of four one sees nothing, two sign a block, and the third, who signs it too, hears them
    /// and is not heard: the block is final for that one alone. Then the engine is called a liar.
    ///
    /// - Parameter seed: chooses who states what.
    static func finalForOne(seed: UInt64) -> AllianceScript {
        let setting = setting(
            ["alfa", "bravo", "carla", "delta"], healsAtMs: 3_400, seed: seed)
        var wallet = wallet(setting)
        let bravo = wallet.account(ofMember: "bravo")
        let first = wallet.transaction(
            [.createUnit("one", title: "A unit", scale: 0)], by: bravo, expiresInMs: 600_000)
        let second = wallet.transaction(
            [.createUnit("two", title: "A unit", scale: 0)], by: bravo, expiresInMs: 600_000)
        return AllianceScript(
            setting: setting,
            steps: [
                AllianceStep(atMs: 1_000, .send(first, to: ["bravo"])),
                AllianceStep(atMs: 2_900, .cut(["delta"], forMs: 1_000)),
                AllianceStep(atMs: 3_000, .send(second, to: ["bravo"])),
                AllianceStep(atMs: 3_004, .cut(["alfa"], forMs: 100)),
                AllianceStep(atMs: 3_390, .split([setting.members])),
            ])
    }
}
