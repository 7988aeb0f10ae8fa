/// What the content store takes, told from the bytes themselves: what a sender says of them
/// is not believed.
public enum ContentType: String, Sendable, CaseIterable {
    case jpeg = "image/jpeg"
    case png = "image/png"
    case webP = "image/webp"
    /// UTF-8, plain or Markdown; always given out as plain text, so that no browser takes it
    /// for a page.
    case text = "text/plain; charset=utf-8"

    public var isPicture: Bool { self != .text }

    /// Nil for anything else.
    public init?(sniffing bytes: [UInt8]) {
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if bytes.count >= 12, bytes.starts(with: "RIFF".utf8),
            bytes[8..<12].elementsEqual("WEBP".utf8)
        {
            self = .webP
        } else if Self.isText(bytes) {
            self = .text
        } else {
            return nil
        }
    }

    /// UTF-8 without control characters but tabs and line ends.
    private static func isText(_ bytes: [UInt8]) -> Bool {
        guard !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self) else {
            return false
        }
        return text.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0x09, 0x0A, 0x0D: true
            case 0..<0x20, 0x7F..<0xA0: false
            default: true
            }
        }
    }
}
