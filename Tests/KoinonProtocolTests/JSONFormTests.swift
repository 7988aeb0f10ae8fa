import Foundation
import KoinonProtocol
import SwiftProtobuf
import Testing

@Suite("The JSON form of messages")
struct JSONFormTests {
    let account = AccountID(Array(0..<20))!
    let key = PublicKey(Array(repeating: 7, count: 32))!

    private func read<M: SwiftProtobuf.Message>(_ type: M.Type, _ text: String) throws -> M {
        try M(jsonForm: Array(text.utf8))
    }

    @Test("ids are bech32m, keys are hex, and base64 appears nowhere")
    func writesIdsAndKeys() {
        var member = MemberAdmitted()
        member.member = "healthy-ride"
        member.nodeKey = Data(key.bytes)
        member.account = Data(account.bytes)
        #expect(
            member.jsonForm(pretty: false)
                == "{\"member\":\"healthy-ride\",\"node_key\":\"\(key.hex)\",\"account\":\"\(account.text)\"}"
        )
    }

    @Test("a field name that is a string here and bytes there is decided by its message")
    func decidesByMessage() throws {
        let moved = try read(SponsorChanged.self, #"{"from":"healthy-ride","to":"valley-bike"}"#)
        #expect(moved.from == "healthy-ride")
        let paid = try read(Transferred.self, "{\"from\":\"\(account.text)\"}")
        #expect(Array(paid.from) == account.bytes)
        let taken = try read(
            TransitionTaken.self, "{\"from\":\"booked\",\"by\":\"\(account.text)\"}")
        #expect(taken.from == "booked" && Array(taken.by) == account.bytes)
    }

    @Test("an id may be given in hex as well, and empty text is no bytes")
    func takesHexIds() throws {
        let action = try read(
            Transfer.self, "{\"to\":\"\(Hex.encode(account.bytes).uppercased())\"}")
        #expect(Array(action.to) == account.bytes)
        #expect(try read(SetRecovery.self, #"{"account":""}"#).account.isEmpty)
    }

    @Test("actions nest as their messages do, and empty messages in a choice are kept")
    func keepsEmptyChoices() throws {
        let text = """
            {
              "accounts": {
                "cancel_recovery": {}
              }
            }
            """
        let action = try read(Action.self, text)
        #expect(action.accounts.action == .cancelRecovery(CancelRecovery()))
        #expect(action.jsonForm() == text)
    }

    @Test("moments are numbers, texts of digits or ISO 8601 times")
    func takesMoments() throws {
        for text in ["1514845140000", "\"1514845140000\"", "\"2018-01-01T22:19:00Z\""] {
            #expect(
                try read(OpenAgreement.self, "{\"start_ms\":\(text)}").startMs == 1_514_845_140_000)
        }
    }

    @Test(
        "durations are numbers or whole numbers with a unit",
        arguments: [
            ("\"90s\"", 90_000), ("\"30min\"", 1_800_000), ("\"2h\"", 7_200_000),
            ("\"1d\"", 86_400_000), ("\"2w\"", 1_209_600_000), ("\"5ms\"", 5), ("\"0s\"", 0),
            ("7", 7), ("\"8\"", 8),
        ] as [(String, UInt64)])
    func takesDurations(text: String, milliseconds: UInt64) throws {
        #expect(
            try read(OpenAgreement.self, "{\"duration_ms\":\(text)}").durationMs == milliseconds)
    }

    @Test("integers beyond 2^53 are written as text, and every 64-bit integer comes back")
    func keepsIntegers() throws {
        for value: UInt64 in [0, 1, 1 << 53, 1 << 53 + 1, .max] {
            var action = Redeem()
            action.amountMinor = value
            let text = action.jsonForm()
            #expect(text.contains("\"\(value)\"") == (value > 1 << 53))
            #expect(try read(Redeem.self, text) == action)
        }
        for value: Int64 in [.min, -1, 1, .max] {
            var term = TermValue()
            term.value = value
            let isText = term.jsonForm(pretty: false) == "{\"value\":\"\(value)\"}"
            #expect(isText == (value.magnitude > 1 << 53))
            #expect(try read(TermValue.self, term.jsonForm()) == term)
        }
        let place = try read(Place.self, #"{"latitude_e7":-404406000,"longitude_e7":-799959000}"#)
        #expect(place.latitudeE7 == -404_406_000 && place.longitudeE7 == -799_959_000)
    }

    @Test("null is the same as leaving out, and enums go by name")
    func takesNullAndEnumNames() throws {
        let state = try read(
            StateDefinition.self, #"{"name":"used","title":null,"occupancy":"OCCUPANCY_IN_USE"}"#)
        #expect(state.title.isEmpty && state.occupancy == .inUse)
        #expect(state.jsonForm(pretty: false) == #"{"name":"used","occupancy":"OCCUPANCY_IN_USE"}"#)
    }

    @Test("titles cannot steer a terminal, and still come back as they were")
    func escapesControls() throws {
        var kind = Kind()
        kind.title = "a\u{1b}[2J\u{202e}\u{9b}\n\t\"\\é🚲\u{0}"
        let text = kind.jsonForm()
        #expect(
            !text.unicodeScalars.contains("\u{1b}") && !text.unicodeScalars.contains("\u{202e}"))
        #expect(try read(Kind.self, text) == kind)
    }

    @Test("surrogate pairs in escapes make one character")
    func readsSurrogates() throws {
        #expect(try read(Kind.self, #"{"title":"\ud83d\udeb2\u00e9\/"}"#).title == "🚲é/")
    }
}
