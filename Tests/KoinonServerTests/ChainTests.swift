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

@Suite("The chain by HTTP")
struct ChainTests {
    @Test func `is read in pages, the last block first`() async throws {
        try await Served.with { served in
            _ = try await LeaseWorld(on: served.node, of: served.home)
            let tip = Int(served.node.progress.current.height.rawValue)
            var heights: [Int] = []
            var query = "?limit=2"
            while true {
                let page = try await served.get("/v1/blocks\(query)").json
                let blocks = try #require(page["blocks"] as? [[String: Any]])
                #expect(page["height"] as? Int == tip)
                heights += blocks.compactMap { $0["height"] as? Int }
                guard let next = page["next"] as? String else { break }
                query = "?limit=2&from=\(next)"
            }
            #expect(heights == Array((0...tip).reversed()))
            #expect(try await served.get("/v1/blocks?limit=200").status == .ok)
            for bad in ["limit=0", "limit=201", "limit=x", "from=-1"] {
                let answer = try await served.get("/v1/blocks?\(bad)")
                #expect(answer.status == .badRequest, "\(bad)")
                #expect(
                    try answer.json["field"] as? String == String(bad.prefix { $0 != "=" }))
            }
        }
    }

    @Test func `has headers whose bytes hash to what links them`() async throws {
        try await Served.with { served in
            _ = try await LeaseWorld(on: served.node, of: served.home)
            let tip = served.node.progress.current.height.rawValue
            var parent = Hash256.zero
            for height in 0...tip {
                let bytes = try await served.get("/v1/blocks/\(height)/header").body
                let header = try BlockHeader(encoded: Array(buffer: bytes))
                #expect(header.parent == parent)
                let block = try #require(
                    try await served.get("/v1/blocks/\(height)").json["block"] as? [String: Any])
                #expect(block["hash"] as? String == header.hash.hex)
                #expect(block["state_root"] as? String == header.stateRoot.hex)
                parent = header.hash
            }
            let none = try await served.get("/v1/blocks/\(tip + 1)")
            #expect(none.status == .notFound)
            #expect(try none.json["code"] as? String == "notFound")
        }
    }

    @Test func `has transactions and receipts, one for each leaf`() async throws {
        try await Served.with { served in
            let world = try await LeaseWorld(on: served.node, of: served.home)
            _ = try await world.start(on: served.node)
            let height = served.node.progress.current.height
            let sent = try await served.get("/v1/blocks/\(height)/transactions").json
            let transactions = try #require(sent["transactions"] as? [[String: Any]])
            let got = try await served.get("/v1/blocks/\(height)/receipts").json
            let receipts = try #require(got["receipts"] as? [[String: Any]])
            #expect(transactions.count == 1)
            #expect(receipts.count == transactions.count + (got["timers"] as? Int ?? 0))
            let body = try #require(transactions[0]["body_bytes"] as? String)
            let bytes = try #require(Data(base64Encoded: body))
            #expect(transactions[0]["id"] as? String == Hash256.sha256(Array(bytes)).hex)
        }
    }

    @Test func `shows what stands under a key of the state`() async throws {
        try await Served.with { served in
            let row = try #require(
                served.node.replica.read { $0.state.rows(prefix: [], from: [], limit: 1).first })
            let there = try await served.get("/v1/state/\(Hex.encode(row.key))").json
            #expect(there["present"] as? Bool == true)
            #expect(there["value_hex"] as? String == Hex.encode(row.value))
            let absent = try await served.get("/v1/state/ff00").json
            #expect(absent["present"] as? Bool == false)
            #expect(absent["written_at_height"] is NSNull)
            #expect(try await served.get("/v1/state/f").status == .badRequest)
        }
    }

    @Test func `says which block wrote a row of the state last`() async throws {
        try await Served.with { served in
            let alfa = served.home.member("alfa")
            func expect(_ key: [UInt8], by written: Int?, at height: Int) async throws {
                let answer = try await served.get("/v1/state/\(Hex.encode(key))").json
                #expect(answer["written_at_height"] as? Int == written)
                #expect(answer["height"] as? Int == height)
            }
            let kinds = ["bike", "car"].map { Resources.kinds.stateKey($0) }
            try await expect(kinds[0], by: nil, at: 0)
            try await alfa.done(.registerKind("bike", title: "Bicycle"), to: served.node)
            try await expect(kinds[0], by: 1, at: 1)
            try await alfa.done(.registerKind("car", title: "Car"), to: served.node)
            try await expect(kinds[0], by: 1, at: 2)
            try await expect(kinds[1], by: 2, at: 2)
        }
    }
}

@Suite("A prepared transaction")
struct PrepareTests {
    @Test func `says what was asked for, and is done once it is signed`() async throws {
        try await Served.with { served in
            let alfa = served.home.member("alfa")
            let prepared = try await served.post(
                "/v1/transactions/prepare",
                """
                {"public_key": "\(alfa.key.publicKey.hex)", "memo": "hello", "actions":
                 {"resources": {"register_kind": {"kind": "bike", "title": "Bicycle"}}}}
                """
            ).json
            let text = try #require(prepared["body"] as? String)
            let bytes = Array(try #require(Data(base64Encoded: text)))
            let body = try TransactionBody(strict: bytes)
            #expect(body.actions == [.registerKind("bike", title: "Bicycle")])
            #expect(Array(body.sender) == alfa.account.bytes)
            #expect(Array(body.chain) == served.home.chain.bytes)
            #expect(body.nonce == 1 && body.memo == "hello")
            #expect(prepared["id"] as? String == Hash256.sha256(bytes).hex)
            let signed = alfa.key.sign(bytes, as: .transaction)
            let done = try await served.send(signed, "?wait=durable&timeout_ms=300000").json
            #expect(done["status"] as? String == "done")
            let next = try await served.get("/v1/nonces/\(alfa.key.publicKey.hex)").json
            #expect(next["next_nonce"] as? String == "2")
        }
    }

    @Test(
        arguments: [
            ("", 3_600_000), (", \"valid_for_ms\": 1", 1),
            (", \"valid_for_ms\": 86400000", 86_400_000),
            (", \"valid_for_ms\": 0", nil), (", \"valid_for_ms\": 86400001", nil),
        ] as [(String, UInt64?)])
    func `is good for an hour, or for as long as is asked for`(
        part: String, lifetime: UInt64?
    ) async throws {
        try await Served.with { served in
            let answer = try await served.post(
                "/v1/transactions/prepare",
                """
                {"public_key": "\(served.home.member("alfa").key.publicKey.hex)"\(part), "actions":
                 {"resources": {"register_kind": {"kind": "bike", "title": "Bicycle"}}}}
                """)
            guard let lifetime else {
                #expect(answer.status == .badRequest)
                #expect(try answer.json["field"] as? String == "valid_for_ms")
                return
            }
            let text = try #require(try answer.json["body"] as? String)
            let body = try TransactionBody(
                strict: Array(try #require(Data(base64Encoded: text))))
            #expect(body.expiresAtMs == (TestHome.start + lifetime).milliseconds)
        }
    }

    @Test func `foretells the ids of what it creates`() async throws {
        try await Served.with { served in
            let world = try await LeaseWorld(on: served.node, of: served.home)
            let prepared = try await served.post(
                "/v1/transactions/prepare",
                """
                {"public_key": "\(world.bea.key.publicKey.hex)", "actions": [
                 {"agreements": {"open_agreement":
                   {"offer": "\(world.offer.text)", "duration_ms": "1h"}}}]}
                """
            ).json
            let expected: AgreementID = world.bea.builder.nextID(ofAction: 0)
            #expect(prepared["created_ids"] as? [String] == [expected.text])
        }
    }

    @Test(arguments: [
        (#"{"actions": []}"#, "public_key"),
        (#"{"public_key": "00", "actions": []}"#, "public_key"),
        (#"{"public_key": "KEY"}"#, "actions"),
        (#"{"public_key": "KEY", "actions": []}"#, "actions"),
        (#"{"public_key": "KEY", "sender": "x", "actions": [{}]}"#, "sender"),
        (#"{"public_key": "KEY", "actions": [{"nothing": {}}]}"#, "actions[0].nothing"),
        (
            #"{"public_key": "KEY", "actions": {"resources": {"register_kind": {"kind": 5}}}}"#,
            "actions[0].resources.register_kind.kind"
        ),
    ]) func `is refused with the place of what is wrong`(
        body: String, field: String
    ) async throws {
        try await Served.with { served in
            let key = served.home.member("alfa").key.publicKey.hex
            let answer = try await served.post(
                "/v1/transactions/prepare", body.replacing("KEY", with: key))
            #expect(answer.status == .badRequest)
            #expect(try answer.json["field"] as? String == field, "\(answer.text)")
        }
    }
}

@Suite("Many transactions in one request")
struct BulkTests {
    static func framed(_ messages: [[UInt8]]) -> ByteBuffer {
        var bytes: [UInt8] = []
        for message in messages {
            bytes.append(varint: UInt64(message.count))
            bytes += message
        }
        return ByteBuffer(bytes: bytes)
    }

    @Test func `are answered line by line, also those that cannot be read`() async throws {
        try await Served.with { served in
            let alfa = served.home.member("alfa")
            let envelopes = try (0..<600).map {
                try alfa.sign(.registerKind("kind-\($0)", title: "A kind"))
            }
            var messages = envelopes.map { $0.message.encoded }
            messages.insert([1, 2, 3], at: 300)
            let answer = try await served.client.execute(
                uri: "/v1/transactions/bulk?wait=durable&timeout_ms=300000", method: .post,
                headers: [.contentType: "application/x-protobuf"], body: Self.framed(messages)
            ) { $0 }
            #expect(answer.headers[.contentType] == "application/x-ndjson")
            let lines = try answer.text.split(separator: "\n").map { line in
                try #require(
                    try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            }
            try #require(lines.count == 601)
            #expect(lines[300]["code"] as? String == "badField")
            #expect(lines[300]["field"] as? String == "body[300]")
            var verdicts = lines
            verdicts.remove(at: 300)
            #expect(verdicts.map { $0["id"] as? String } == envelopes.map(\.bodyHash.hex))
            #expect(verdicts.allSatisfy { $0["status"] as? String == "done" })
        }
    }

    @Test func `are taken as far as they came whole`() async throws {
        try await Served.with { served in
            let envelope = try served.home.member("alfa").sign(
                .registerKind("bike", title: "Bicycle"))
            var body = Self.framed([envelope.message.encoded])
            body.writeBytes([0xff, 0xff, 0xff, 0xff, 0x7f])
            let answer = try await served.client.execute(
                uri: "/v1/transactions/bulk?wait=durable&timeout_ms=300000", method: .post,
                headers: [.contentType: "application/x-protobuf"], body: body
            ) { $0 }
            let lines = answer.text.split(separator: "\n")
            try #require(lines.count == 2)
            #expect(lines[0].contains("\"status\":\"done\""))
            #expect(lines[1].contains("\"code\":\"badField\""))
        }
    }

    @Test func `that end inside a message, or announce too much, are told so`() async throws {
        try await Served.with { served in
            for bytes: [UInt8] in [[5, 1], [0xff, 0xff, 0xff, 0xff, 0x7f]] {
                let answer = try await served.client.execute(
                    uri: "/v1/transactions/bulk", method: .post,
                    headers: [.contentType: "application/x-protobuf"],
                    body: ByteBuffer(bytes: bytes)
                ) { $0 }
                #expect(answer.text.contains("\"code\":\"badField\""))
            }
        }
    }
}
