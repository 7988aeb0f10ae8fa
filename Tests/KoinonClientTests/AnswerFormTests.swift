import KoinonProtocol
import Testing

@testable import KoinonClient

/// What a node answers is not believed.
@Suite("An answer of a node")
struct AnswerFormTests {
    private func status(_ changes: [String: String] = [:]) -> [UInt8] {
        let time = #"{"ms":1772409600000,"text":"2026-03-02T00:00:00Z"}"#
        var fields = [
            "chain": #""72ad""#, "alliance": #""Harbour""#, "height": "7", "final_height": "7",
            "time": time, "now": time, "hosts": "[]", "pool": "0",
        ]
        fields.merge(changes) { $1 }
        let members = fields.sorted { $0.key < $1.key }.map { #""\#($0.key)":\#($0.value)"# }
        return Array("{\(members.joined(separator: ","))}".utf8)
    }

    @Test func `says numbers that a ledger comes to`() throws {
        #expect(try AnswerForm.status(status()).height == 7)
        let late = #"{"ms":18446744073709551615,"text":"never"}"#
        for change in [
            ["height": "18446744073709551615"], ["final_height": "9007199254740993"],
            ["base_height": "9223372036854775808"], ["pool": "-1"], ["pool_limit": "4294967296"],
            ["pool_percent": "-1"], ["quorum": "-9223372036854775808"], ["now": late],
            ["open_since": late],
            [
                "member_states":
                    #"[{"id":"a","attested":18446744073709551615,"sequence":0,"clock":\#(late)}]"#
            ],
        ] {
            #expect(throws: NodeClientFault.self, "\(change)") {
                try AnswerForm.status(status(change))
            }
        }
    }

    @Test func `does not steer the terminal that it is shown in`() throws {
        let status = try AnswerForm.status(status(["alliance": #""a\u001b[2J\u202eb""#]))
        #expect(status.alliance == "a\u{fffd}[2J\u{fffd}b")
        let problem = try AnswerForm.problem(
            Array(
                #"{"status":400,"code":"c","title":"t","detail":"\u0007","remedy":"r"}"#.utf8))
        #expect(problem.description == "c: \u{fffd}; r")
    }

    @Test func `may hold something else than a receipt`() throws {
        #expect(try AnswerForm.receipt(Array(#"{"transaction":{}}"#.utf8)) == nil)
        #expect(try AnswerForm.receipt(Array(#"{"transaction":{"receipt":null}}"#.utf8)) == nil)
        let given = Array(#"{"transaction":{"receipt":{"code":301}}}"#.utf8)
        #expect(try AnswerForm.receipt(given)?.code == 301)
        for receipt in ["1", #""none""#, "[]"] {
            #expect(throws: NodeClientFault.self, "\(receipt)") {
                try AnswerForm.receipt(Array(#"{"transaction":{"receipt":\#(receipt)}}"#.utf8))
            }
        }
    }

    @Test func `holds events of bounded length`() throws {
        var reader = EventReader()
        let events = try reader.read(Array("id: 1.0.0\ndata: a\ndata: b\n\ndata:c\n\n".utf8))
        #expect(events.map(\.json) == ["a\nb", "c"] && events.map(\.id) == ["1.0.0", "1.0.0"])
        // A node says so how far it is; that is no event.
        #expect(try reader.read(Array(": 7\nid: 7\n\nretry: 2000\nid: 8\n\n".utf8)).isEmpty)
        let next = try reader.read(Array("id: 9.0.0\ndata: d\n\n".utf8))
        #expect(next == [LedgerEvent(id: "9.0.0", json: "d")])
        let piece = [UInt8](repeating: 0x61, count: 1_048_576)
        var endless = EventReader()
        #expect(throws: NodeClientFault.self) {
            for _ in 0...4 { _ = try endless.read(piece) }
        }
    }
}
