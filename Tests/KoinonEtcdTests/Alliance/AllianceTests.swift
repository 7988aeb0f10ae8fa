import Foundation
import KoinonClient
import KoinonProtocol
import Testing

/// `koinon node`, four times, on one etcd.
@Suite("an alliance of four nodes", .needsEtcd, .timeLimit(.minutes(3)))
struct AllianceTests {
    @Test("holds one ledger: what any node takes is final at all of them")
    func together() async throws {
        try await FaultRun.with(servers: 1) { run in
            try await run.goesOn()
            await run.load.stop()
            try await run.alliance.expectAgreement(run.load)
            #expect(run.load.final.count >= 2 * 4 * 4)
        }
    }
}
