import KoinonProtocol
import Testing

@Suite("Faults of the JSON form")
struct JSONFormFaultTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var json: String
        var fault: String
        var testDescription: String { String(json.prefix(60)) }
        init(_ json: String, _ fault: String) {
            self.json = json
            self.fault = fault
        }
    }

    @Test(
        "each names the place, what is wrong and the remedy",
        arguments: [
            Row(
                #"{"actions":[{"money":{"transfer":{"amout_minor":1}}}]}"#,
                "actions[0].money.transfer.amout_minor is not known in Transfer; "
                    + "did you mean amount_minor?"),
            Row(
                #"{"actions":[{"accounts":{"cancel_recovery":{"x":1}}}]}"#,
                "actions[0].accounts.cancel_recovery.x is not known in CancelRecovery; "
                    + "it has no fields: write {}"),
            Row(
                #"{"expiresAtMs":1}"#,
                "expiresAtMs is not known in TransactionBody; "
                    + "did you mean expires_at_ms?"),
            Row(
                #"{"amount":5}"#,
                "amount is not known in TransactionBody; known are chain, sender, nonce, "
                    + "expires_at_ms, actions, memo"),
            Row(
                #"{"actions":[{"money":{"redeem":{}},"market":{}}]}"#,
                "actions[0].market stands beside \"money\"; give only one of the two"),
            Row(
                #"{"sender":"koi1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnwsyfhc"}"#,
                "sender is \"koi1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnwsyfhc\"; give an id of the form "
                    + "koi1… (check that no character is missing or wrong)"),
            Row(
                #"{"sender":"0011"}"#,
                "sender has 2 bytes, not 20; give an id of the form koi1… "
                    + "(check that no character is missing or wrong)"),
            Row(#"{"chain":"0011"}"#, "chain has 2 bytes, not 32; give 64 hex digits"),
            Row(
                #"{"chain":"AAEC"+"}"#,
                "the JSON text at line 1, byte 16, is not JSON; expected \",\" or \"}\" there"),
            Row(#"{"chain":5}"#, "chain is a number; give a text"),
            Row(#"{"nonce":-1}"#, wholeNumber("nonce", "-1")),
            Row(#"{"nonce":1.0}"#, wholeNumber("nonce", "1.0")),
            Row(#"{"nonce":1e3}"#, wholeNumber("nonce", "1e3")),
            Row(#"{"nonce":"+3"}"#, wholeNumber("nonce", "+3")),
            Row(
                #"{"nonce":18446744073709551616}"#,
                wholeNumber("nonce", "18446744073709551616")),
            Row(#"{"nonce":true}"#, "nonce is true or false; give a whole number"),
            Row(
                #"{"expires_at_ms":"2018-01-01T22:19:00"}"#,
                "expires_at_ms is \"2018-01-01T22:19:00\"; give milliseconds since 1970, or a time "
                    + "with its zone, for instance \"2018-01-01T22:19:00Z\""),
            Row(
                #"{"actions":[{"agreements":{"open_agreement":{"duration_ms":"1.5h"}}}]}"#,
                "actions[0].agreements.open_agreement.duration_ms is \"1.5h\"; give milliseconds, "
                    + "or a whole number of ms, s, min, h, d or w, for instance \"30min\""),
            Row(
                #"{"actions":[{"alliance":{"propose":{"adopt_process":{"roles":[{"source":"X"}]}}}}]}"#,
                "actions[0].alliance.propose.adopt_process.roles[0].source is X; give one of "
                    + "ROLE_SOURCE_PROVIDER, ROLE_SOURCE_OPENER, ROLE_SOURCE_PLATFORM"),
            Row(#"{"memo":5}"#, "memo is a number; give a text in quotation marks"),
            Row(#"{"actions":{}}"#, "actions is an object; give a list: […]"),
            Row(#"{"actions":[null]}"#, "actions[0] is null; write the Action as {…}"),
            Row(
                #"{"actions":[{"alliance":{"vote":{"yes":"true"}}}]}"#,
                "actions[0].alliance.vote.yes is a text; give true or false"),
            Row(#"[]"#, "the JSON text is a list; write the TransactionBody as {…}"),
            Row(
                "{\"nonce\":1,\n \"nonce\":2}",
                "the JSON text at line 2, byte 9, has the name \"nonce\" twice in one object; keep one"
            ),
            Row(
                "",
                "the JSON text at line 1, byte 1, ends too early; expected a JSON value at the end"),
            Row(
                #"{"memo":"a"#,
                "the JSON text at line 1, byte 11, ends inside a text; close the quotation mark"),
            Row(
                "{} {}",
                "the JSON text at line 1, byte 4, has something after its end; leave exactly one JSON value"
            ),
            Row(
                #"{"memo":"\ud83d"}"#,
                "the JSON text at line 1, byte 16, has half a surrogate pair in a text; write both halves"
            ),
            Row(
                #"{"nonce":01}"#,
                "the JSON text at line 1, byte 11, is not JSON; expected \",\" or \"}\" there"),
        ])
    func names(row: Row) {
        let fault = #expect(throws: JSONFormFault.self) {
            try TransactionBody(jsonForm: Array(row.json.utf8))
        }
        #expect(fault?.description == row.fault)
    }

    private static func wholeNumber(_ field: String, _ text: String) -> String {
        "\(field) is \(text); give a whole number from 0 to 18446744073709551615, without exponent"
    }

    @Test("an id of another kind is recognised as such")
    func otherKind() {
        let offer = OfferID(Array(0..<20))!
        let fault = #expect(throws: JSONFormFault.self) {
            try Transfer(jsonForm: Array("{\"to\":\"\(offer.text)\"}".utf8))
        }
        #expect(
            fault?.description
                == "to is an id of another kind, koioff1…; give one of the form koi1…")
    }

    @Test("text that is not UTF-8 is refused")
    func notUTF8() {
        let bytes = Array("{\"memo\":\"".utf8) + [0xff] + Array("\"}".utf8)
        #expect(throws: JSONFormFault.self) { try TransactionBody(jsonForm: bytes) }
    }

    @Test("size and depth are bounded")
    func bounded() {
        let long = Array("{\"memo\":\"\(String(repeating: "a", count: 1 << 20))\"}".utf8)
        let fault = #expect(throws: JSONFormFault.self) { try TransactionBody(jsonForm: long) }
        #expect(fault?.problem == "has 1048587 bytes")
        let deep = String(repeating: "[", count: 100_000)
        let tooDeep = #expect(throws: JSONFormFault.self) {
            try TransactionBody(jsonForm: Array(deep.utf8))
        }
        #expect(tooDeep?.problem == "at line 1, byte 33, nests deeper than 32 levels")
    }
}
