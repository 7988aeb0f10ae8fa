import struct Foundation.Data

/// What every module asks of text and hashes that stand on the ledger.
///
/// By Unicode scalar values alone, so that no version of a Unicode table decides.
public enum TextCheck {
    /// Bytes of UTF-8 that a title or a name for people may have.
    public static let titleBytes = 64

    /// 1 to 64 bytes, none of them a control character, not only spaces.
    public static func isTitle(_ text: String) -> Bool {
        (1...titleBytes).contains(text.utf8.count)
            && text.unicodeScalars.contains { $0 != " " }
            && !text.unicodeScalars.contains(where: isControl)
    }

    /// No bytes, or the 32 of a SHA-256.
    public static func isHashOrEmpty(_ bytes: Data) -> Bool {
        bytes.isEmpty || bytes.count == 32
    }

    /// C0, DEL, C1, line and paragraph separators, and what turns the direction of
    /// text: they would let a title show as something that it is not.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
