import Foundation
import KoinonProtocol
import SwiftProtobuf
import Testing

@Suite("Strict decoding")
struct StrictDecodingTests {
    /// Field 99 with the value 1: no message has it.
    static let unknown: [UInt8] = [0x98, 0x06, 0x01]

    private static func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
        [number << 3 | 2, UInt8(content.count)] + content
    }

    @Test("what is encoded decodes to itself")
    func roundTrip() throws {
        var body = TransactionBody()
        body.nonce = 7
        body.memo = "two rides"
        body.actions = [Action.with { $0.money.redeem.amountMinor = 5 }, Action()]
        #expect(try TransactionBody(strict: body.encoded) == body)
        #expect(try TransactionBody(strict: []) == TransactionBody())
    }

    @Test("an unknown field is found at every depth, in lists and in choices, and is named")
    func findsUnknown() {
        // TransactionBody.actions[1].accounts.add_key.limits[1]
        let limits = Self.field(2, []) + Self.field(2, Self.unknown)
        let cases: [([UInt8], String)] = [
            (Self.unknown, "the message"),
            (Self.field(5, Self.unknown), "koinon.v1.Action"),
            (Self.field(5, []) + Self.field(5, Self.unknown), "koinon.v1.Action"),
            (Self.field(5, Self.field(3, Self.unknown)), "koinon.v1.MoneyAction"),
            (Self.field(5, Self.field(3, Self.field(4, Self.unknown))), "koinon.v1.Redeem"),
            (
                Self.field(5, []) + Self.field(5, Self.field(2, Self.field(2, limits))),
                "koinon.v1.SpendLimit"
            ),
        ]
        for (bytes, message) in cases {
            #expect(throws: MessageFault.unknownFields(message: message)) {
                try TransactionBody(strict: bytes)
            }
        }
    }

    @Test("a known field with another wire type counts as unknown")
    func wrongWireType() {
        // memo (6) as a number, actions (5) as a number
        for bytes: [UInt8] in [[0x30, 0x01], [0x28, 0x01]] {
            #expect(throws: MessageFault.unknownFields(message: "the message")) {
                try TransactionBody(strict: bytes)
            }
        }
    }

    @Test(
        "what is not protobuf is malformed",
        arguments: [
            [0x32, 0x05, 0x61], [0x18], [0x00, 0x01], [0x32, 0x01, 0xff],
            [0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        ] as [[UInt8]])
    func malformed(bytes: [UInt8]) {
        #expect(throws: MessageFault.malformed) { try TransactionBody(strict: bytes) }
    }

    @Test("deeply nested groups do not exhaust the stack")
    func deepGroups() {
        // Field 99 as a group in a group in a group …
        let opening = [UInt8](repeating: 0, count: 200_000).enumerated()
            .map { $0.offset.isMultiple(of: 2) ? UInt8(0x9b) : 0x06 }
        #expect(throws: MessageFault.self) { try TransactionBody(strict: opening) }
    }
}
