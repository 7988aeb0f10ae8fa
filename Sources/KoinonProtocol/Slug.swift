/// Short names chosen by people for members, units, kinds and processes:
/// 1 to 32 bytes of a–z, 0–9, "-", "." and "_", beginning with a letter or digit.
public enum Slug {
    public static let maximumBytes = 32

    public static func isValid(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...maximumBytes).contains(bytes.count), let first = bytes.first else {
            return false
        }
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        return isAlphanumeric(first)
            && bytes.allSatisfy {
                isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
                    || $0 == UInt8(ascii: "_")
            }
    }
}

/// The name of a member organisation.
public struct MemberID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: String

    public init?(rawValue: String) {
        guard Slug.isValid(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    /// By bytes, the same in every language and locale.
    public static func < (a: Self, b: Self) -> Bool {
        a.rawValue.utf8.lexicographicallyPrecedes(b.rawValue.utf8)
    }
    public var description: String { rawValue }
}
