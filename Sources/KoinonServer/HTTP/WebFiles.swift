import Foundation

/// The files of the web page, kept inside the program: `Web/css/page.css` is
/// `WebFiles.bytes(at: "css/page.css")`.
public enum WebFiles {
    enum Content: Sendable {
        case text(String)
        case base64(String)
    }

    /// Paths below `Web`, in order.
    public static var paths: [String] { all.keys.sorted() }

    /// Nil when there is no such file.
    public static func bytes(at path: String) -> Data? {
        switch all[path] {
        case .text(let text): Data(text.utf8)
        case .base64(let text): Data(base64Encoded: text)
        case nil: nil
        }
    }

    /// Nil when there is no such file, or it is not UTF-8.
    public static func text(at path: String) -> String? {
        switch all[path] {
        case .text(let text): text
        case .base64, nil: bytes(at: path).flatMap { String(data: $0, encoding: .utf8) }
        }
    }
}
