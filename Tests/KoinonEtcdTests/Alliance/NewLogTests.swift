import Foundation
import Testing

@testable import KoinonEtcd

/// Planned changes of the engine's log while clients send all the time.
@Suite("an alliance that begins a new log", .needsEtcd, .serialized, .timeLimit(.minutes(30)))
struct NewLogTests {
    @Test("goes on with other servers, and nothing is lost or done twice")
    func otherServers() async throws {
        try await FaultRun.with(servers: 1) { run in
            let alliance = run.alliance
            let before = run.load.final
            try await alliance.closeEpoch()
            // What comes from now on becomes final in the new epoch only.
            let open = Set(run.load.open)
            try await alliance.beginEpoch { try await alliance.moveServers() }
            try await run.goesOn()
            try await run.load.untilFinal(open)
            await run.load.stop()
            #expect(run.load.final.isSuperset(of: before))
            #expect(!open.isEmpty && run.load.final.isSuperset(of: open))
            try await expectNewEpoch(1, run)
        }
    }

    @Test("goes on with the same servers, and once more", .long)
    func sameServers() async throws {
        try await FaultRun.with(servers: 1) { run in
            for epoch in [1, 2] as [UInt64] {
                try await run.alliance.closeEpoch()
                try await run.alliance.beginEpoch()
                try await run.goesOn()
                await run.load.stop()
                try await expectNewEpoch(epoch, run)
                run.load.start()
            }
            // A crash of a node is as before.
            try await run.alliance.killNode(2)
            try await run.goesOn(except: [2])
            try await run.alliance.startNode(2)
            try await run.goesOn()
            await run.load.stop()
            try await run.alliance.expectAgreement(run.load)
        }
    }

    /// All hold one ledger, which goes on in that epoch, and whose every byte is accounted for.
    private func expectNewEpoch(_ epoch: UInt64, _ run: FaultRun) async throws {
        let alliance = run.alliance
        try await alliance.expectAgreement(run.load)
        for (index, name) in alliance.members.enumerated() {
            #expect(try alliance.epoch(index) == epoch, "\(name)")
        }
        try await alliance.succeed(
            "'\(BuiltCommand.koinon.path)' verify --home members/\(alliance.members[0])")
    }
}
