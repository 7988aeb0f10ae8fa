import KoinonProtocol
import Testing

@Suite("Hex, ids and names as text")
struct TextTests {
    @Test("hex takes both cases and writes lower case")
    func hex() {
        #expect(Hex.encode([0x00, 0xab, 0xff]) == "00abff")
        #expect(Hex.decode("00aBFf") == [0x00, 0xab, 0xff])
        #expect(Hex.decode("") == [])
    }

    @Test(
        "hex refuses odd counts and anything that is no digit",
        arguments: ["0", "0g", "0x", " 00", "00 ", "é", "０0", "-1", "+1"])
    func badHex(text: String) {
        #expect(Hex.decode(text) == nil)
    }

    @Test("an id has exactly 20 bytes and sorts as its bytes do")
    func identifierBytes() {
        let low = Array(UInt8(0)..<20)
        #expect(AccountID(low)?.bytes == low)
        #expect(AccountID(low.dropLast()) == nil && AccountID(low + [0]) == nil)
        for place in 0..<20 {
            var high = low
            high[place] += 1
            #expect(AccountID(low)! < AccountID(high)!)
            #expect(!(AccountID(high)! < AccountID(low)!))
            #expect(AccountID(low) != AccountID(high))
        }
    }

    @Test("an id is cut from the front of a hash")
    func truncating() {
        let hash = Hash256(Array(0..<32))!
        #expect(ResourceID(truncating: hash).bytes == Array(0..<20))
    }

    @Test("each kind of id has its own prefix, and none reads another's")
    func identifierText() {
        let bytes = Array(UInt8(0)..<20)
        let texts = [
            AccountID(bytes)!.text, ResourceID(bytes)!.text, OfferID(bytes)!.text,
            AgreementID(bytes)!.text, ProposalID(bytes)!.text, RequestID(bytes)!.text,
        ]
        #expect(
            texts.map { $0.prefix { $0 != "1" } } == [
                "koi", "koires", "koioff", "koiagr", "koiprop", "koireq",
            ])
        #expect(texts.compactMap { AccountID(text: $0) }.count == 1)
        #expect(texts.compactMap { ResourceID(text: $0) }.count == 1)
        #expect(texts.compactMap { OfferID(text: $0) }.count == 1)
        #expect(texts.compactMap { AgreementID(text: $0) }.count == 1)
        #expect(texts.compactMap { ProposalID(text: $0) }.count == 1)
        #expect(texts.compactMap { RequestID(text: $0) }.count == 1)
        #expect(AccountID(text: texts[0])?.bytes == bytes)
        // 19 bytes under the right prefix.
        #expect(AccountID(text: Bech32m.encode(prefix: "koi", bytes.dropLast())) == nil)
    }

    @Test("32 bytes sort as bytes and come back from hex")
    func bytes32() {
        let low = Array(UInt8(0)..<32)
        for place in 0..<32 {
            var high = low
            high[place] += 1
            #expect(Hash256(low)! < Hash256(high)!)
            #expect(!(Hash256(high)! < Hash256(low)!))
        }
        #expect(Hash256(hex: Hash256(low)!.hex)?.bytes == low)
        #expect(Hash256(hex: "00") == nil && PublicKey(low.dropLast()) == nil)
        #expect(Hash256(low.dropFirst() + [9])?.bytes == Array(1..<32) + [9])
    }

    @Test(
        "slugs are short lower-case names",
        arguments: ["a", "0", "healthy-ride", "usd.test_2", String(repeating: "z", count: 32)])
    func goodSlugs(text: String) {
        #expect(Slug.isValid(text) && MemberID(rawValue: text)?.rawValue == text)
    }

    @Test(
        "anything else is no slug",
        arguments: [
            "", "-a", ".a", "_a", "A", "a b", "é", "a\u{0}", "a/b", "ａ",
            String(repeating: "z", count: 33),
        ])
    func badSlugs(text: String) {
        #expect(!Slug.isValid(text) && MemberID(rawValue: text) == nil)
    }

    @Test("members sort by bytes, not by any language's alphabet")
    func memberOrder() {
        let names = ["b", "a_", "a-", "a.", "a1", "a", "aa"].compactMap { MemberID(rawValue: $0) }
        #expect(names.sorted().map(\.rawValue) == ["a", "a-", "a.", "a1", "a_", "aa", "b"])
    }
}
