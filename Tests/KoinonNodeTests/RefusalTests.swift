import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Testing

@testable import KoinonNode
@testable import TestNodes

@Suite("A refused transaction leaves no trace", .timeLimit(.minutes(30)))
struct RefusalTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var refusal: Refusal
        var code: String
        /// The field or condition that the message begins with.
        var message: String
        var attempt: @Sendable (TestHome) throws -> Envelope
    }

    private static let kind = Action.registerKind("bike", title: "Bicycle")

    /// A body of alfa, changed before it is signed.
    private static func signed(
        _ home: TestHome, _ change: (inout TransactionBody) -> Void
    ) throws -> Envelope {
        let alfa = home.member("alfa")
        var body = try TransactionBody(strict: alfa.sign(kind).body)
        change(&body)
        return alfa.key.sign(body.encoded, as: .transaction)
    }

    static let rows: [Row] = [
        Row(
            testDescription: "oversize", refusal: .fault(.tooLarge(bytes: 65_537)),
            code: "tooLarge", message: "transaction: 65537 bytes"
        ) { home in
            let empty = try signed(home) { $0.memo = "" }
            // A memo of n bytes in three-byte length framing.
            return try signed(home) {
                $0.memo = String(repeating: "m", count: 65_537 - 96 - empty.body.count - 4)
            }
        },
        Row(
            testDescription: "not a body", refusal: .fault(.malformed("")), code: "malformed",
            message: "body: "
        ) { home in home.member("alfa").key.sign([0xff, 0xff], as: .transaction) },
        Row(
            testDescription: "wrong chain", refusal: .fault(.wrongChain), code: "wrongChain",
            message: "chain: "
        ) { home in try signed(home) { $0.chain[0] ^= 1 } },
        Row(
            testDescription: "a sender that is no account id", refusal: .fault(.senderLength(21)),
            code: "senderLength", message: "sender: 21 bytes"
        ) { home in try signed(home) { $0.sender.append(0) } },
        Row(
            testDescription: "nonce 0", refusal: .fault(.nonceZero), code: "nonceZero",
            message: "nonce: 0"
        ) { home in try signed(home) { $0.nonce = 0 } },
        Row(
            testDescription: "no action", refusal: .fault(.actionCount(0)), code: "actionCount",
            message: "actions: 0"
        ) { home in try signed(home) { $0.actions = [] } },
        Row(
            testDescription: "an empty action", refusal: .fault(.emptyAction(index: 1)),
            code: "emptyAction", message: "actions[1]: "
        ) { home in try signed(home) { $0.actions.append(Action()) } },
        Row(
            testDescription: "a long memo", refusal: .fault(.memoTooLong(bytes: 141)),
            code: "memoTooLong", message: "memo: 141 bytes"
        ) { home in try signed(home) { $0.memo = String(repeating: "m", count: 141) } },
        Row(
            testDescription: "bad signature", refusal: .fault(.badSignature), code: "badSignature",
            message: "signature: "
        ) { home in try home.member("alfa").sign(kind).withOtherSignature },
        Row(
            testDescription: "unknown sender", refusal: .ignored(.keyNotActive),
            code: "keyNotActive", message: "keyNotActive: "
        ) { home in try home.sender("nobody").sign(kind) },
        Row(
            testDescription: "another account's key", refusal: .ignored(.keyNotActive),
            code: "keyNotActive", message: "keyNotActive: "
        ) { home in
            try signed(home) { $0.sender = Data(home.member("bravo").account.bytes) }
        },
        Row(
            testDescription: "expired", refusal: .ignored(.expired), code: "expired",
            message: "expired: "
        ) { home in try signed(home) { $0.expiresAtMs = home.clock.now.milliseconds - 1 } },
        Row(
            testDescription: "too far ahead", refusal: .ignored(.expiresTooFarAhead),
            code: "expiresTooFarAhead", message: "expiresTooFarAhead: "
        ) { home in
            try signed(home) { $0.expiresAtMs = home.clock.now.milliseconds + 86_400_001 }
        },
        Row(
            testDescription: "a nonce used before", refusal: .ignored(.replayed),
            code: "replayed", message: "replayed: "
        ) { home in try signed(home) { $0.memo = "another body, the same nonce 1" } },
        Row(
            testDescription: "a nonce beyond the window", refusal: .ignored(.replayed),
            code: "replayed", message: "replayed: "
        ) { home in try signed(home) { $0.nonce = 1_026 } },
    ]

    @Test(arguments: rows) func `and is told why`(_ row: Row) async throws {
        let home = try TestHome()
        try await home.running { node in
            try await home.member("alfa").done(
                .registerKind("car", title: "Car"), to: node)
            await node.untilIdle()
            let before = try node.position
            let status = try await node.outcome(of: row.attempt(home))
            let refusal = try #require(status.refusal, "\(status)")
            if row.code != "malformed" { #expect(refusal == row.refusal) }
            #expect(refusal.code == row.code)
            #expect(refusal.description.hasPrefix(row.message), "\(refusal)")
            #expect(refusal.description.count > row.message.count)
            await node.untilIdle()
            #expect(try node.position == before)
        }
    }

    /// The row before the limits: one byte, millisecond or nonce less is taken.
    @Test func `while the largest that is allowed is taken`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let last = try Self.signed(home) {
                $0.memo = String(repeating: "m", count: 140)
                $0.expiresAtMs = home.clock.now.milliseconds + 86_400_000
                $0.nonce = 1_024
            }
            #expect(try await node.receipt(of: last).code == 0)
            let now = try Self.signed(home) {
                $0.expiresAtMs = home.clock.now.milliseconds
                $0.nonce = 2_048
                $0.actions = [.registerKind("car", title: "Car")]
            }
            #expect(try await node.receipt(of: now).code == 0)
        }
    }

    @Test func `when the pool is full, and those in it stay`() async throws {
        let home = try TestHome()
        let node = try home.node(pool: Pool(maximumCount: 2))
        let alfa = home.member("alfa")
        let envelopes = try (0..<3).map {
            try alfa.sign(.registerKind("kind-\($0)", title: "A kind"))
        }
        let waiting = Task { await node.submit(Array(envelopes[..<2]), waits: true) }
        while node.poolCount < 2 { await Task.yield() }
        #expect(try await node.outcome(of: envelopes[2]).refusal == .poolFull)
        #expect(Refusal.poolFull.code == "poolFull")
        // One that waits already may be sent again.
        let again = await node.submit([envelopes[0]], waits: false)
        guard case .pending? = again.first else {
            throw NotExecuted(status: try #require(again.first))
        }
        let running = Task { try await node.run() }
        let statuses = await waiting.value
        #expect(
            statuses.map(\.place) == [
                "\(envelopes[0].bodyHash) 1 0 0", "\(envelopes[1].bodyHash) 1 1 0",
            ])
        #expect(try await node.receipt(of: envelopes[2]).code == 0)
        node.stop()
        try await running.value
        try node.store.close()
    }

    @Test func `when the pool has no room for its bytes`() throws {
        let home = try TestHome()
        let alfa = home.member("alfa")
        let transactions = try (0..<2).map {
            try CheckedTransaction(
                alfa.sign(.registerKind("kind-\($0)", title: "A kind")), chain: home.chain)
        }
        let size = transactions[0].envelope.body.count + 96
        let pool = Pool(maximumBytes: 2 * size - 1)
        #expect(pool.add([transactions[0]]) == [true])
        #expect(pool.add([transactions[1]]) == [false])
        #expect(pool.count == 1 && pool.percent == 50)
        #expect(pool.take(maximumBytes: size + 15).isEmpty, "an entry needs room for its framing")
        #expect(pool.take(maximumBytes: size + 16).map(\.id) == [transactions[0].id])
        #expect(pool.percent == 0)
        #expect(pool.add([transactions[1]]) == [true])
        // What was taken waits too, until it is settled.
        #expect(pool.count == 1 && pool.unsettledCount == 2 && pool.percent == 50)
        pool.putBack([transactions[0]])
        #expect(pool.count == 2 && pool.percent == 100, "what was taken comes back beyond it")
        #expect(pool.take(maximumBytes: size + 16).map(\.id) == [transactions[0].id])
        pool.settle([transactions[0].id])
        #expect(pool.count == 1 && pool.unsettledCount == 1)
    }
}
