import Foundation
import KoinonClient
import KoinonProtocol
import Testing

/// `koinon node`, four times, on one etcd.
@Suite("an alliance of four nodes", .needsEtcd, .timeLimit(.minutes(3)))
struct AllianceTests {
    @Test("holds one ledger: what any node takes is final at all of them")
    func together() async throws {
        let alliance = try await RunningAlliance.start()
        let load = try Load(alliance)
        load.start()
        let begin = ContinuousClock.now
        let first = try await alliance.untilAllFinal(load, after: begin)
        try #require(first != nil, "\(alliance.members.map { alliance.log(of: $0) })")
        let again = try await load.untilAllFinal(after: .now, within: .seconds(30))
        #expect(again != nil)
        await load.stop()
        try await alliance.expectAgreement(load)
        #expect(load.final.count >= 2 * 4 * 4)
        for index in alliance.members.indices {
            #expect(try await alliance.stopNode(index) == 0)
        }
    }
}

extension RunningAlliance {
    func untilAllFinal(_ load: Load, after begin: ContinuousClock.Instant) async throws -> Duration?
    {
        try await load.untilAllFinal(after: begin, within: .seconds(30))
    }
}
