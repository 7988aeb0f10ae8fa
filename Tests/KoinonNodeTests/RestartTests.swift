import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

@Suite("A node that starts again", .timeLimit(.minutes(30)))
struct RestartTests {
    @Test func `stands at the same header, knows every transaction and goes on`() async throws {
        let home = try TestHome()
        let alfa = home.member("alfa")
        var places: [Hash256: String] = [:]
        var header: BlockHeader?
        for round in 0..<4 {
            try await home.running { node in
                if let header { #expect(node.tip == header) }
                for index in 0..<3 {
                    let envelope = try alfa.sign(
                        .registerKind("kind-\(round)-\(index)", title: "A kind"))
                    let place = try #require(try await node.outcome(of: envelope).place)
                    #expect(place == "\(envelope.bodyHash) \(3 * round + index + 1) 0 0")
                    places[envelope.bodyHash] = place
                    home.clock.advance(700)
                }
                header = node.tip
            }
            try await home.reading { store in
                #expect(try store.read { try $0.tip().header } == header)
                for (id, place) in places {
                    let outcome = try #require(try store.read { try $0.outcome(of: id) })
                    #expect(Node.SubmissionStatus.settled(id, outcome).place == place)
                }
            }
        }
        #expect(header?.height == Height(12))
        let report = try await home.reading {
            try await Verification.run($0, genesis: home.genesis)
        }
        #expect(report.finalHeight == Height(12))
    }

    /// As when another service of the same process fails.
    @Test(.timeLimit(.minutes(1)))
    func `has what was acknowledged before it was cancelled`() async throws {
        let home = try TestHome()
        let node = try home.node()
        let running = Task { try await node.run() }
        try await home.member("alfa").done(.registerKind("bike", title: "Bicycle"), to: node)
        await node.untilIdle()
        running.cancel()
        _ = await running.result
        #expect(node.hasStopped)
        let tip = node.tip
        try node.store.close()
        try await home.running { #expect($0.tip == tip) }
    }

    /// Whose turn it is follows from the ledger, so a restart leaves no mark on the chain.
    @Test(arguments: [1, 2, 3, 4]) func `makes the same chain as one that never stopped`(
        members: Int
    ) async throws {
        let names = Array(["alfa", "bravo", "carol", "delta"].prefix(members))
        func chain(restarts: Bool) async throws -> [Hash256] {
            let home = try TestHome(members: names)
            let alfa = home.member("alfa")
            func play(_ node: Node, _ range: Range<Int>) async throws {
                for index in range {
                    home.clock.advance(1_500)
                    try await alfa.done(.registerKind("kind-\(index)", title: "A kind"), to: node)
                    await node.untilIdle()
                }
            }
            if restarts {
                for index in 0..<9 {
                    try await home.running { try await play($0, index..<index + 1) }
                }
            } else {
                try await home.running { try await play($0, 0..<9) }
            }
            return try await home.reading {
                try $0.read { try $0.headerHashes(below: Height(100)) }
            }
        }
        let undisturbed = try await chain(restarts: false)
        #expect(undisturbed.count == 10)
        #expect(try await chain(restarts: true) == undisturbed)
    }

    @Test func `carries the attestations that no entry carried before it stopped`() async throws {
        let home = try TestHome()
        let node = try home.node()
        // Appended and committed without a proposer, as when a node dies right after.
        let committed = try await node.closeOneBlock(home)
        #expect(committed.height == Height(1))
        try node.store.close()
        let carried = try await home.running { node in
            await node.untilIdle()
            return try node.carriedAttestations()
        }
        #expect(carried.map(\.height) == [Height(1), Height(1)])
        #expect(Set(carried.map(\.envelope.publicKey)).count == 2)
        // And once only.
        let again = try await home.running { node in
            await node.untilIdle()
            return try node.carriedAttestations().count
        }
        #expect(again == 2)
    }

    @Test func `refuses a ledger that began with another document`() throws {
        let home = try TestHome()
        try home.node().store.close()
        let other = try TestHome(members: ["alfa", "carol"])
        try other.genesisBytes.write(to: home.home.genesisFile)
        #expect {
            _ = try home.node()
        } throws: { error in
            (error as? HomeFault)?.message.contains("put the original back") == true
        }
    }

    @Test func `refuses keys that the alliance does not know, naming the file`() throws {
        func message(_ change: (TestHome) throws -> Void) throws -> String {
            let home = try TestHome()
            try change(home)
            do {
                try home.node().store.close()
                return "started"
            } catch let fault as HomeFault { return fault.message }
        }
        #expect(try message { _ in } == "started")
        let foreign = try message { try $0.host(["carol"]) }
        #expect(foreign.hasPrefix("node.json: none of the hosts is a member"))
        let otherKey = try message { home in
            let ring = KeyRing(home: home.home.directory.path)
            try FileManager.default.removeItem(atPath: ring.path(of: "bravo.node"))
            try ring.add(TestHome.key("another"), named: "bravo.node")
        }
        #expect(otherKey.hasPrefix("keys/bravo.node.json: not the node key"))
        // One more key than there are members waits for its admission.
        #expect(try message { try $0.host(["alfa", "carol"]) } == "started")
    }

    @Test func `is refused while another runs on the same home`() throws {
        let home = try TestHome()
        let node = try home.node()
        #expect(throws: StoreFault.self) { _ = try home.node() }
        try node.store.close()
        let next = try home.node()
        try next.store.close()
    }
}
