import Testing

@testable import KoinonProtocol

@Suite("Bech32m")
struct Bech32mTests {
    // BIP 350, "Test vectors for Bech32m", github.com/bitcoin/bips, bip-0350.mediawiki.
    static let validTexts = [
        "A1LQFN3A", "a1lqfn3a",
        "an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6",
        "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
        "11llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllludsr8",
        "split1checkupstagehandshakeupstreamerranterredcaperredlc445v", "?1v759aa",
    ]
    static let invalidTexts = [
        "\u{20}1xj0phk", "\u{7f}1g6xzxy", "\u{80}1vctc34",
        "an84characterslonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11d6pts4",
        "qyrz8wqd2c9m", "1qyrz8wqd2c9m", "y1b0jsk6g", "lt1igcx5c0", "in1muywd", "mm1crxm3i",
        "au1s5cgom", "M1VUXWEZ", "16plkw9", "1p2gdwpf",
        // Valid Bech32 (BIP 173), hence not Bech32m.
        "A12UEL5L", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
    ]

    @Test("takes the valid strings of BIP 350", arguments: Bech32mTests.validTexts)
    func valid(text: String) {
        #expect(Bech32m.decodeGroups(text) != nil)
    }

    @Test("refuses the invalid strings of BIP 350", arguments: Bech32mTests.invalidTexts)
    func invalid(text: String) {
        #expect(Bech32m.decodeGroups(text) == nil && Bech32m.decode(text) == nil)
    }

    @Test("writes whole bytes as BIP 350 does")
    func encodes() {
        let text = "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx"
        let decoded = Bech32m.decode(text)
        #expect(decoded?.prefix == "abcdef" && decoded?.bytes.count == 20)
        #expect(decoded.map { Bech32m.encode(prefix: $0.prefix, $0.bytes) } == text)
        #expect(Bech32m.encode(prefix: "?", []) == "?1v759aa")
    }

    @Test("refuses padding that is not zero, and a whole group of padding")
    func padding() {
        // 82 groups of ones: 410 bits, of which two are left over and set.
        #expect(Bech32m.decode(Bech32mTests.validTexts[4]) == nil)
        // 48 groups make 30 bytes exactly; the checksum holds, so only length could fail.
        #expect(Bech32m.decode(Bech32mTests.validTexts[5])?.bytes.count == 30)
    }

    @Test("refuses letters that only look or fold like the right ones")
    func foreignLetters() {
        let text = AccountID(Array(0..<20))!.text
        #expect(AccountID(text: text.uppercased()) != nil)
        #expect(AccountID(text: "K" + text.dropFirst()) == nil, "mixed case")
        let kelvin = "\u{212a}" + text.uppercased().dropFirst()
        #expect(AccountID(text: kelvin) == nil)
    }

    @Test("finds every single wrong character and every swap of neighbours")
    func detectsErrors() {
        let text = Array(AccountID(Array(20..<40))!.text.utf8)
        for place in 4..<text.count {
            var swapped = text
            swapped.swapAt(place, place - 1)
            for character in "qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8 {
                var changed = text
                changed[place] = character
                let isSame = changed == text
                #expect(
                    (AccountID(text: String(decoding: changed, as: UTF8.self)) != nil) == isSame)
            }
            if swapped != text {
                #expect(AccountID(text: String(decoding: swapped, as: UTF8.self)) == nil)
            }
        }
    }
}
