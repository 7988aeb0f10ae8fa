import KoinonProtocol
import Testing

@Suite("A name with a typing error")
struct SpellingTests {
    @Test(
        arguments: [
            ("prot", "port"), ("prt", "port"), ("Port", "port"), ("ports", "port"),
            ("limt", "limit"), ("hots", "host"), ("KOINON_PORT", nil), ("", nil), ("x", nil),
        ] as [(String, String?)])
    func `is told from one that is no name at all`(text: String, name: String?) {
        #expect(Spelling.nearest(to: text, in: ["host", "limit", "port"]) == name)
    }

    @Test func `is not looked for in texts longer than names are`() {
        let long = String(repeating: "x", count: 65)
        #expect(Spelling.nearest(to: long, in: [long]) == nil)
    }
}
