import Foundation
import Hummingbird
import HummingbirdTesting
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import NIOCore
import Testing

@testable import KoinonServer
@testable import TestNodes

@Suite("A transaction sent by HTTP")
struct SubmitTests {
    private static let kind = Action.registerKind("bike", title: "Bicycle")

    @Test func `is done once the answer comes, when that is asked for`() async throws {
        try await Served.with { served in
            let envelope = try served.home.member("alfa").sign(Self.kind)
            let answer = try await served.send(envelope, "?wait=durable&timeout_ms=300000")
            #expect(answer.status == .ok)
            let verdict = try answer.json
            #expect(verdict["status"] as? String == "done")
            #expect(verdict["id"] as? String == envelope.bodyHash.hex)
            #expect(verdict["height"] as? Int == 1)
            #expect(try served.node.store.read { try $0.tip() }.header.height == Height(1))
            let again = try await served.send(envelope, "?wait=final&timeout_ms=300000").json
            #expect(again["status"] as? String == "done")
            #expect(again["final"] as? Bool == true)
            #expect(again["height"] as? Int == 1)
        }
    }

    /// Bravo's node is another one.
    @Test func `is answered when a quorum has signed it, when that is asked for`() async throws {
        try await Served.with(home: try TestHome(hosts: ["alfa"])) { served in
            let envelope = try served.home.member("alfa").sign(Self.kind)
            let durable = try await served.send(envelope, "?wait=durable&timeout_ms=300000")
            #expect(durable.status == .ok)
            #expect(try durable.json["final"] as? Bool == false)
            let open = try await served.send(envelope, "?wait=final&timeout_ms=20")
            #expect(open.status == .accepted)
            #expect(try open.json["status"] as? String == "done")
            #expect(try open.json["final"] as? Bool == false)

            async let later = served.send(envelope, "?wait=final&timeout_ms=300000")
            try await served.home.attest(by: "bravo", to: served.node)
            let final = try await later
            #expect(final.status == .ok)
            #expect(try final.json["final"] as? Bool == true)
        }
    }

    @Test func `is looked up by its id`() async throws {
        try await Served.with { served in
            let envelope = try served.home.member("alfa").sign(Self.kind)
            let path = "/v1/transactions/\(envelope.bodyHash.hex)"
            #expect(try await served.get(path).status == .notFound)
            _ = try await served.send(envelope, "?wait=durable&timeout_ms=300000")
            let found = try await served.get(path).json
            let verdict = try #require(found["transaction"] as? [String: Any])
            #expect(verdict["status"] as? String == "done")
            #expect(found["public_key"] as? String == envelope.publicKey.hex)
            #expect((found["body"] as? [String: Any])?["actions"] != nil)
        }
    }

    @Test func `is told why it is rejected, with what to do`() async throws {
        try await Served.with { served in
            let alfa = served.home.member("alfa")
            _ = try await served.send(try alfa.sign(Self.kind), "?wait=durable&timeout_ms=300000")
            let verdict = try await served.send(
                try alfa.sign(Self.kind), "?wait=durable&timeout_ms=300000"
            ).json
            #expect(verdict["status"] as? String == "rejected")
            let code = try #require(verdict["receipt_code"] as? Int)
            let meaning = try #require(Modules.rejectionMeanings[UInt32(code)])
            #expect(verdict["code"] as? String == meaning.name)
            #expect(verdict["remedy"] as? String == meaning.remedy)
            #expect(verdict["field"] as? String == "actions[0].kind")
        }
    }

    @Test func `is refused with a wrong signature, and expired when it is too late`() async throws {
        try await Served.with { served in
            let alfa = served.home.member("alfa")
            let good = try alfa.sign(Self.kind)
            var bytes = good.signature.bytes
            bytes[0] ^= 1
            let bad = Envelope(
                body: good.body, publicKey: good.publicKey,
                signature: try #require(Signature(bytes)))
            let refused = try await served.send(bad, "?wait=durable&timeout_ms=300000").json
            #expect(refused["status"] as? String == "refused")
            #expect(refused["code"] as? String == "badSignature")
            let late = try alfa.sign(
                Self.kind, now: Timestamp(milliseconds: TestHome.start.milliseconds - 7_200_000))
            let expired = try await served.send(late, "?wait=durable&timeout_ms=300000").json
            #expect(expired["status"] as? String == "expired")
            #expect(expired["remedy"] as? String == IgnoredReason.expired.remedy)
        }
    }

    @Test func `comes in JSON too, one or many, in their order`() async throws {
        try await Served.with { served in
            let alfa = served.home.member("alfa")
            let one = try await served.post(
                "/v1/transactions?wait=durable&timeout_ms=300000",
                Self.json(try alfa.sign(Self.kind))
            ).json
            #expect(one["status"] as? String == "done")
            let envelopes = try (0..<5).map {
                try alfa.sign(.registerKind("kind-\($0)", title: "A kind"))
            }
            let many = try await served.post(
                "/v1/transactions?wait=durable&timeout_ms=300000",
                "{\"transactions\": [\(envelopes.map(Self.json).joined(separator: ","))]}"
            ).json
            let verdicts = try #require(many["transactions"] as? [[String: Any]])
            #expect(verdicts.map { $0["id"] as? String } == envelopes.map(\.bodyHash.hex))
            #expect(verdicts.allSatisfy { $0["status"] as? String == "done" })
        }
    }

    @Test(arguments: [
        ("{", "application/json", "body", 400),
        (
            #"{"body": "AA==", "public_key": "00", "signature": "00"}"#, "application/json",
            "public_key", 400
        ),
        (#"{"body": "?", "public_key": "00", "signature": "00"}"#, "application/json", "body", 400),
        (#"{"transactions": []}"#, "application/json", "transactions", 400),
        (
            #"{"transactions": [{"body": ""}]}"#, "application/json",
            "transactions[0].public_key", 400
        ),
        ("abc", "application/x-protobuf", "body", 400),
        ("abc", "text/plain", "Content-Type", 415),
    ]) func `that cannot be read is told where`(
        body: String, type: String, field: String, status: Int
    ) async throws {
        try await Served.with { served in
            let answer = try await served.post("/v1/transactions", body, type: type)
            #expect(answer.status.code == status)
            #expect(try answer.json["field"] as? String == field)
        }
    }

    @Test(arguments: [(1_000, "transactions[0].public_key"), (1_001, "transactions")])
    func `comes with at most 999 others in one request`(count: Int, field: String) async throws {
        try await Served.with { served in
            let one = #"{"body": "AA==", "public_key": "", "signature": ""}"#
            let list = Array(repeating: one, count: count).joined(separator: ",")
            let answer = try await served.post(
                "/v1/transactions", "{\"transactions\": [\(list)]}")
            #expect(answer.status == .badRequest)
            #expect(try answer.json["field"] as? String == field)
        }
    }

    @Test func `says afterwards why nothing came of it, though nobody waited`() async throws {
        let home = try TestHome()
        let alfa = home.member("alfa")
        let late = try alfa.sign(Self.kind)
        // Not running yet: it stays in the pool, past its time.
        let node = try home.node()
        _ = await node.submit([late], waits: false)
        home.clock.advance(7_200_000)
        let running = Task { try await node.run() }
        let one = try alfa.sign(Self.kind, nonce: 5)
        let same = try alfa.sign(.registerKind("boat", title: "Boat"), nonce: 5)
        _ = await node.submit([one, same], waits: false)
        await node.untilIdle()
        let application = Application(
            router: API.router(ServerContext(node: node, logger: .init(label: "test"))))
        try await application.test(.router) { client in
            func verdict(_ id: Hash256) async throws -> [String: Any] {
                let answer = try await client.execute(
                    uri: "/v1/transactions/\(id.hex)", method: .get
                ) { $0 }
                return try #require(try answer.json["transaction"] as? [String: Any])
            }
            let expired = try await verdict(late.bodyHash)
            #expect(expired["status"] as? String == "expired")
            #expect(expired["remedy"] as? String == IgnoredReason.expired.remedy)
            #expect(try await verdict(one.bodyHash)["status"] as? String == "done")
            let ignored = try await verdict(same.bodyHash)
            #expect(ignored["status"] as? String == "ignored")
            #expect(ignored["code"] != nil && ignored["height"] as? Int == 1)
        }
        node.stop()
        try await running.value
        try node.store.close()
    }

    @Test func `waits no longer than is asked for`() async throws {
        // A node that does not run: nothing comes of what it takes.
        let home = try TestHome()
        let node = try home.node()
        let submitter = Submitter(node: node, metrics: ServerMetrics())
        let verdicts = try await submitter.submit(
            [try home.member("alfa").sign(Self.kind)], waiting: .durable,
            limit: .milliseconds(20))
        #expect(verdicts.map(\.status) == [.pending])
        #expect(node.isWaiting(verdicts[0].id))
        try node.store.close()
    }

    @Test func `waits only moments longer once the node is about to stop`() async throws {
        let home = try TestHome()
        let node = try home.node()
        let submitter = Submitter(node: node, metrics: ServerMetrics())
        let (one, other) = (
            try home.member("alfa").sign(Self.kind), try home.member("bravo").sign(Self.kind)
        )
        let start = ContinuousClock.now
        async let before = submitter.submit([one], waiting: .durable, limit: .seconds(600))
        while !node.isWaiting(one.bodyHash) { try await Task.sleep(for: .milliseconds(2)) }
        node.endWaiting()
        // Taken all the same.
        let after = try await submitter.submit([other], waiting: .final, limit: .seconds(600))
        #expect(try await before.map(\.status) == [.pending])
        #expect(after.map(\.status) == [.pending] && node.isWaiting(other.bodyHash))
        #expect(start.duration(to: .now) < .seconds(300))
        try node.store.close()
    }

    @Test func `finds a full pool with 503 and when to come again`() async throws {
        let home = try TestHome()
        let node = try home.node(pool: Pool(maximumCount: 1))
        let context = ServerContext(node: node, logger: .init(label: "test"))
        let application = Application(router: API.router(context))
        try await application.test(.router) { client in
            let alfa = home.member("alfa")
            for expected in [HTTPResponse.Status.accepted, .serviceUnavailable] {
                let envelope = try alfa.sign(Self.kind)
                let answer = try await client.execute(
                    uri: "/v1/transactions", method: .post,
                    headers: [.contentType: "application/x-protobuf"],
                    body: ByteBuffer(bytes: envelope.message.encoded)
                ) { $0 }
                #expect(answer.status == expected)
                if expected == .serviceUnavailable {
                    #expect(answer.headers[.retryAfter] == "1")
                    #expect(try answer.json["code"] as? String == "poolFull")
                }
            }
        }
        try node.store.close()
    }

    static func json(_ envelope: Envelope) -> String {
        """
        {"body": "\(Data(envelope.body).base64EncodedString())",
         "public_key": "\(envelope.publicKey.hex)",
         "signature": "\(Hex.encode(envelope.signature.bytes))"}
        """
    }
}

extension Served {
    func send(_ envelope: Envelope, _ query: String = "") async throws -> TestResponse {
        try await client.execute(
            uri: "/v1/transactions\(query)", method: .post,
            headers: [.contentType: "application/x-protobuf"],
            body: ByteBuffer(bytes: envelope.message.encoded)
        ) { $0 }
    }
}
