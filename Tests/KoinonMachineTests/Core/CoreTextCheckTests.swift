import Foundation
import Testing

@testable import KoinonMachine

@Suite struct CoreTextCheckTests {
    @Test(arguments: ["a", "Ein schönes Rad", " x ", "自転車", String(repeating: "a", count: 64)])
    func `titles of 1 to 64 bytes are taken`(title: String) {
        #expect(TextCheck.isTitle(title))
    }

    @Test func `empty, blank, long and deceiving titles are refused`() {
        let refused = [
            "", " ", "   ", String(repeating: "a", count: 65), String(repeating: "自", count: 22),
            "a\nb", "\u{0}", "\u{1F}", "\u{7F}", "\u{80}", "\u{9F}", "a\u{2028}b", "a\u{2029}b",
            "safe\u{202E}gnp.exe", "\u{202A}", "\u{2066}x", "\u{2069}",
        ]
        for title in refused { #expect(!TextCheck.isTitle(title), "\(title.debugDescription)") }
    }

    @Test func `neighbours of control characters are taken`() {
        for scalar in [0x21, 0x7E, 0xA0, 0x2027, 0x202F, 0x2065, 0x206A] as [UInt32] {
            #expect(TextCheck.isTitle(String(Character(Unicode.Scalar(scalar)!))))
        }
    }

    @Test func `a hash has 32 bytes or none`() {
        for count in 0...64 {
            #expect(TextCheck.isHashOrEmpty(Data(count: count)) == [0, 32].contains(count))
        }
    }
}
