import KoinonProtocol
import Testing

@testable import KoinonLedger

@Suite struct GenesisDocumentTests {
    private static func key(_ number: UInt8) -> SigningKey {
        SigningKey(seed: [UInt8](repeating: number, count: 32))!
    }

    private static func member(
        _ id: String, node: String? = nil, account: String? = nil, name: String = "A member",
        number: UInt8
    ) -> String {
        """
        {"id": "\(id)", "name": "\(name)",
         "node_key": "\(node ?? key(number).publicKey.hex)",
         "account_key": "\(account ?? key(number + 100).publicKey.hex)"}
        """
    }

    private static func document(
        format: String = "koinon/genesis/v1", name: String = "Alliance",
        time: String = "\"2018-01-01T00:00:00Z\"",
        members: [String] = [member("zebra", number: 1), member("ant", number: 2)],
        more: String = ""
    ) -> String {
        """
        {"format": "\(format)", "name": "\(name)", "time_ms": \(time),
         "members": [\(members.joined(separator: ",\n"))]\(more)}
        """
    }

    @Test func `a well-formed document gives chain, members and accounts`() throws {
        let bytes = Array(Self.document().utf8)
        let document = try GenesisDocument(contentsOf: bytes)
        #expect(
            document.chain.bytes
                == Hash256.sha256(Array("koinon/genesis/v1".utf8) + [0] + bytes).bytes)
        #expect(document.memberSet.members.map(\.id.rawValue) == ["ant", "zebra"])
        #expect(document.memberSet.members[1].nodeKey == Self.key(1).publicKey)
        #expect(document.genesis.timeMs == 1_514_764_800_000)
        let key = Self.key(101).publicKey
        #expect(document.accountID(of: key) == AccountID(chain: document.chain, firstKey: key))
    }

    @Test func `one more space is another chain`() throws {
        let one = try GenesisDocument(contentsOf: Array(Self.document().utf8))
        let other = try GenesisDocument(contentsOf: Array((Self.document() + " ").utf8))
        #expect(one.chain != other.chain)
    }

    private static let many = (0..<101).map { number in
        member(
            "m\(number)", node: SigningKey.generate().publicKey.hex,
            account: SigningKey.generate().publicKey.hex, number: 1)
    }

    struct Wrong: CustomTestStringConvertible {
        var text: String
        var path: String
        var remedy: String
        var testDescription: String { "\(path): \(remedy)" }

        init(_ text: String, _ path: String, _ remedy: String) {
            self.text = text
            self.path = path
            self.remedy = remedy
        }
    }

    @Test(arguments: [
        Wrong(document(format: "koinon/genesis/v2"), "format", "write \"koinon/genesis/v1\""),
        Wrong(document(name: ""), "name", "1 to 64"),
        Wrong(document(name: String(repeating: "é", count: 33)), "name", "1 to 64"),
        Wrong(document(time: "0"), "time_ms", "1970"),
        Wrong(document(time: "253402300800000"), "time_ms", "10000"),
        Wrong(document(members: []), "members", "1 to 100"),
        Wrong(document(members: many), "members", "1 to 100"),
        Wrong(document(members: [member("Ant", number: 1)]), "members[0].id", "a-z"),
        Wrong(
            document(members: [member("a", number: 1), member("a", number: 2)]),
            "members[1].id", "name of its own"),
        Wrong(document(members: [member("a", name: "", number: 1)]), "members[0].name", "1 to 64"),
        Wrong(
            document(members: [member("a", node: "", number: 1)]), "members[0].node_key", "64 hex"),
        Wrong(
            document(members: [member("a", node: "00", number: 1)]), "members[0].node_key", "64 hex"
        ),
        Wrong(
            document(members: [
                member("a", account: String(repeating: "0", count: 64), number: 1)
            ]),
            "members[0].account_key", "koinon keys"),
        Wrong(
            document(members: [member("a", account: key(1).publicKey.hex, number: 1)]),
            "members[0].account_key", "of its own"),
        Wrong(
            document(members: [
                member("a", number: 1), member("b", node: key(101).publicKey.hex, number: 2),
            ]),
            "members[1].node_key", "of its own"),
        Wrong(document(more: ", \"colour\": 1"), "colour", "known are"),
        Wrong(document(more: ", \"name\": \"again\""), "", "keep one"),
        Wrong("", "", "JSON"),
    ])
    func `each fault names the field and the remedy`(wrong: Wrong) {
        do {
            _ = try GenesisDocument(contentsOf: Array(wrong.text.utf8))
            Issue.record("taken: \(wrong.path)")
        } catch {
            #expect(error.path == wrong.path)
            #expect(error.remedy.contains(wrong.remedy), "\(error)")
            #expect(error.description.hasPrefix("the genesis document: "))
        }
    }

    @Test func `a document above one mebibyte is refused unread`() throws {
        let text = Self.document()
        let most = text + String(repeating: " ", count: (1 << 20) - text.utf8.count)
        _ = try GenesisDocument(contentsOf: Array(most.utf8))
        #expect(throws: GenesisFault.self) {
            try GenesisDocument(contentsOf: Array((most + " ").utf8))
        }
    }
}
