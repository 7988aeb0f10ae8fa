import Foundation
import Hummingbird
import HummingbirdTesting
import KoinonClient
import KoinonLedger
import KoinonProtocol
import NIOCore
import Synchronization
import Testing

@testable import KoinonServer
@testable import TestNodes

@Suite("Memory for what comes in")
struct BodyMemoryTests {
    @Test func `is bounded over all, and for one address to half of it`() {
        let memory = BodyMemory(bytes: 1_000)
        #expect(!memory.take(501, for: "a"))
        #expect(memory.take(500, for: "a"))
        #expect(!memory.take(1, for: "a"))
        #expect(memory.take(400, for: "b"))
        #expect(!memory.take(101, for: "c"))
        #expect(memory.takenBytes == 900)
        memory.giveBack(500, for: "a")
        #expect(memory.take(101, for: "c"))
        memory.giveBack(400, for: "b")
        memory.giveBack(101, for: "c")
        #expect(memory.takenBytes == 0)
        #expect(memory.take(500, for: "a"))
    }

    @Test func `lacks for a large body only, and is given back`() async throws {
        var configuration = ServerConfiguration()
        configuration.limits.bodiesBytes = 1_000_000
        try await Served.with(configuration) { served in
            let memory = served.context.bodies
            func status(_ bytes: Int) async throws -> (Int, retryAfter: String?) {
                let answer = try await served.post(
                    "/v1/transactions", String(repeating: " ", count: bytes))
                return (answer.status.code, answer.headers[.retryAfter])
            }
            #expect(memory.take(500_000, for: "one") && memory.take(400_000, for: "another"))
            let refused = try await status(BodyMemory.freeBytes + 100_001)
            #expect(refused.0 == 503 && refused.retryAfter == "2")
            // Read, and found to be no JSON.
            #expect(try await status(BodyMemory.freeBytes + 100_000).0 == 400)
            #expect(memory.takenBytes == 900_000)
            #expect(memory.take(100_000, for: "another"))
            #expect(try await status(BodyMemory.freeBytes).0 == 400)
            memory.giveBack(500_000, for: "another")
            #expect(try await status(BodyMemory.freeBytes + 100_001).0 == 400)
            #expect(memory.takenBytes == 500_000)
        }
    }

    @Test func `slows many transactions down until there is some`() async throws {
        var configuration = ServerConfiguration()
        configuration.limits.bodiesBytes = 1_000_000
        try await Served.with(configuration) { served in
            let memory = served.context.bodies
            let alfa = served.home.member("alfa")
            let many = try (0..<3).map {
                try alfa.sign(.registerKind("kind-\($0)", title: "A kind"))
            }
            let other = try alfa.sign(.registerKind("bike", title: "Bicycle"))
            #expect(memory.take(500_000, for: "one") && memory.take(500_000, for: "another"))
            let isGivenBack = Atomic(false)
            async let answer = {
                let answer = try await served.client.execute(
                    uri: "/v1/transactions/bulk?wait=durable&timeout_ms=300000", method: .post,
                    headers: [.contentType: "application/x-protobuf"],
                    body: BulkTests.framed(many.map { $0.message.encoded })
                ) { $0 }
                return (answer.text, isGivenBack.load(ordering: .sequentiallyConsistent))
            }()
            // One of the usual size is taken meanwhile.
            let done = try await served.send(other, "?wait=durable&timeout_ms=300000").json
            #expect(done["status"] as? String == "done")
            isGivenBack.store(true, ordering: .sequentiallyConsistent)
            memory.giveBack(500_000, for: "one")
            let (text, cameAfterwards) = try await answer
            #expect(cameAfterwards)
            #expect(text.split(separator: "\n").count == 3)
            #expect(text.components(separatedBy: "\"status\":\"done\"").count == 4)
            #expect(memory.takenBytes == 500_000)
        }
    }
}
