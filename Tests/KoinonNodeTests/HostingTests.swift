import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

/// What a node does that hosts all, some or none of the members.
@Suite("A node", .timeLimit(.minutes(30)))
struct HostingTests {
    /// Finality after a restart is what the stored attestations show, in order.
    @Test func `counts no stored quorum beyond a change of members that lacks its own`()
        async throws
    {
        let home = try TestHome(members: ["alfa"])
        let alfa = home.member("alfa")
        try await home.running { node in
            try await Decisions.decide(Decisions.admission("bravo"), by: [alfa], on: node)
        }
        try home.host(["alfa", "bravo"])
        try await home.running { node in
            try await alfa.done(.registerKind("bike", title: "Bicycle"), to: node)
            await node.untilIdle()
            #expect(node.finalHeight == Height(2))
        }
        try home.alter { try $0.execute("DELETE FROM attestations WHERE height = 1") }
        try home.host(["bravo"])
        let withoutIt = try home.node()
        #expect(withoutIt.finalHeight == .genesis)
        try withoutIt.store.close()
        // Alfa signs the change again, as it may: it is the same block.
        try home.host(["alfa", "bravo"])
        let again = try home.node()
        #expect(again.finalHeight == Height(2))
        try again.store.close()
        let report = try await home.reading {
            try await Verification.run($0, genesis: home.genesis)
        }
        #expect(report.finalHeight == Height(2))
    }

    /// Such a chain would otherwise never become final: nobody signs past a change.
    @Test func `signs on past changes once it hosts a member that was missing`() async throws {
        let home = try TestHome(members: ["alfa"])
        let (alfa, bravo) = (home.member("alfa"), home.member("bravo"))
        try await home.running { node in
            try await Decisions.decide(Decisions.admission("bravo"), by: [alfa], on: node)
            // Judged by both, signed by one, and it changes the members.
            try await Decisions.decide(
                Action.expulsion(of: try #require(MemberID(rawValue: "bravo"))),
                by: [alfa, bravo], on: node)
            try await alfa.done(.registerKind("bike", title: "Bicycle"), to: node)
            await node.untilIdle()
            #expect(node.finalHeight == Height(1))
            #expect(node.tip.height == Height(4))
            #expect(try node.store.read { try $0.attestations(at: Height(4)) }.isEmpty)
        }
        try home.host(["alfa", "bravo"])
        try await home.running { (node) async throws in
            #expect(node.finalHeight == Height(4))
            #expect(
                try node.store.read { try $0.attestations(at: Height(4)) }.map(\.member.rawValue)
                    == ["alfa"])
        }
    }

    @Test(arguments: [(["alfa"], false), (["bravo"], false), (["alfa", "bravo"], true)])
    func `knows whether it hosts all members`(hosts: [String], isAll: Bool) throws {
        let home = try TestHome(members: ["alfa", "bravo"], hosts: hosts)
        let node = try home.node()
        #expect(node.hostsAllMembers == isAll)
        try node.store.close()
    }

    @Test func `stores what another member's entry attests, and counts it`() async throws {
        let home = try TestHome(members: ["alfa", "bravo"], hosts: ["alfa"])
        try await home.running { node in
            try await home.member("alfa").done(.registerKind("bike", title: "Bicycle"), to: node)
            await node.untilIdle()
            #expect(node.finalHeight == .genesis)
            try await home.attest(by: "bravo", to: node)
            try await node.untilFinal(Height(1))
            #expect(node.finalHeight == Height(1))
            #expect(
                try node.store.read { try $0.attestations(at: Height(1)) }.map(\.member.rawValue)
                    == ["alfa", "bravo"])
        }
        let report = try await home.reading {
            try await Verification.run($0, genesis: home.genesis)
        }
        #expect(report.finalHeight == Height(1))
    }

    @Test func `whose members' clocks cannot reach a due timer does not fill the log`()
        async throws
    {
        var parameters = Parameters()
        parameters.votingPeriodMs = 60_000
        let home = try TestHome(
            members: ["alfa", "bravo", "carol"], hosts: ["alfa"], parameters: parameters)
        try await home.running { node in
            let alfa = home.member("alfa")
            try await alfa.done(
                .propose(
                    title: "Longer votes",
                    Action.setting(parameter: "voting_period_ms", to: 120_000)),
                to: node)
            home.clock.advance(120_000)
            await node.untilIdle()
            let position = try node.position
            await node.untilIdle()
            #expect(try node.position == position)
            #expect(node.tip.height == Height(1))
            // Transactions still close blocks, at the time that the others stated last.
            try await alfa.done(.registerKind("bike", title: "Bicycle"), to: node)
            #expect(node.tip.time == TestHome.start)
        }
        try home.host(["alfa", "bravo"])
        try await home.running { node in
            await node.untilIdle()
            #expect(node.tip.time == TestHome.start + 120_000)
            #expect(node.replica.read { $0.nextTimer } == nil)
        }
    }

    @Test func `that hosts no member any more says so and waits`() async throws {
        var parameters = Parameters()
        parameters.votingPeriodMs = 60_000
        let home = try TestHome(hosts: ["alfa"], parameters: parameters)
        try await home.running { node in
            let (alfa, bravo) = (home.member("alfa"), home.member("bravo"))
            // A timer that would be due.
            try await bravo.done(
                .propose(
                    title: "Longer votes",
                    Action.setting(parameter: "voting_period_ms", to: 120_000)),
                to: node)
            try await Decisions.decide(
                Action.expulsion(of: try #require(MemberID(rawValue: "alfa"))),
                by: [alfa, bravo], on: node)
            home.clock.advance(120_000)
            await node.untilIdle()
            let position = try node.position
            let envelope = try bravo.sign(.registerKind("bike", title: "Bicycle"))
            let refusal = try await node.outcome(of: envelope).refusal
            #expect(refusal == .hostsNoMember)
            #expect(refusal?.code == "hostsNoMember")
            await #expect(throws: ProposalFault.hostsNoMember) {
                try await node.propose([ProposedBlock(time: home.clock.now, transactions: [])])
            }
            await node.untilIdle()
            #expect(try node.position == position)
        }
    }
}
