import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonSimulation

/// What the simulator once found in alliances, as short scripts.
@Suite("What was found once in alliances") struct AlliancePastFindingTests {
    private func check(_ script: AllianceScript) async throws {
        try await SimulationThread.run {
            let folder = try TemporaryFolder()
            let found = try AllianceSimulation(folder: folder.url).run(script)
            #expect(found == nil, "\(found.map { "\($0)" } ?? "")")
        }
    }

    /// Of five, one has lost its guard and signs nothing: the block that expels another needs
    /// the signature of that one too, which nobody carried.
    @Test func `an expelled member carries what it signed`() async throws {
        let setting = AllianceSetting(
            members: ["alfa", "bravo", "carla", "delta", "echo"], candidates: [], liars: [],
            timeMs: 1_772_409_600_000, latencyMs: 20, diskMs: 5, seed: 1, healsAtMs: 8_000,
            checkpointPages: 40)
        var wallet = try Wallet(setting)
        var crash = NodeCrash(
            node: "bravo", disk: CrashStep(operation: 0, loss: .nothing), downMs: 100)
        crash.guardFault = .lost
        var steps = [AllianceStep(atMs: 500, .crash(crash))]
        let alfa = wallet.account(ofMember: "alfa")
        let proposal = wallet.nextProposal(by: alfa)
        let expulsion = Action.propose(
            title: "Expel echo", Action.expulsion(of: wallet.id("echo")))
        steps.append(
            AllianceStep(
                atMs: 2_000,
                .send(
                    wallet.transaction([expulsion], by: alfa, expiresInMs: 600_000),
                    to: ["alfa"])))
        for (number, name) in ["bravo", "carla", "delta"].enumerated() {
            let vote = wallet.transaction(
                [.vote(true, on: proposal)], by: wallet.account(ofMember: name),
                expiresInMs: 600_000)
            steps.append(
                AllianceStep(atMs: 3_000 + 200 * UInt64(number), .send(vote, to: [name])))
        }
        try await check(AllianceScript(setting: setting, steps: steps))
    }
}
