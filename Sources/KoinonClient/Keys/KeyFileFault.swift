import Glibc

/// Why a key cannot be stored or used.
public enum KeyFileFault: Error, Equatable, CustomStringConvertible {
    case exists(path: String)
    case missing(path: String)
    /// Others than the owner may read or write it; `mode` are its permission bits.
    case open(path: String, mode: UInt32)
    case notAFile(path: String)
    case malformed(path: String, problem: String)
    /// The system refused; `code` is its error number.
    case system(path: String, operation: String, code: Int32)
    case badName(String)
    case unknownName(String, known: [String])

    public var description: String {
        switch self {
        case .exists(let path):
            "\(path) exists and is not overwritten, since a lost key cannot be made again; "
                + "choose another name"
        case .missing(let path):
            "there is no key at \(path); create one with `koinon keys new`"
        case .open(let path, let mode):
            "\(path) may be used by others (mode \(String(mode, radix: 8))); "
                + "run: chmod 600 '\(path)', and rotate the key if others had access"
        case .notAFile(let path):
            "\(path) is not a regular file; name a key file"
        case .malformed(let path, let problem):
            "\(path) is not a key file: \(problem); restore it from a backup"
        case .system(let path, let operation, let code):
            "cannot \(operation) \(path): \(String(cString: strerror(code))); "
                + "check the path and its permissions"
        case .badName(let name):
            "\"\(name.prefix(40))\" is no name for a key; use 1 to 32 of a–z, 0–9, \"-\", \".\" "
                + "and \"_\", beginning with a letter or digit"
        case .unknownName(let name, let known):
            "there is no key named \"\(name)\"; "
                + (known.isEmpty
                    ? "create it with `koinon keys new \(name)`"
                    : "known are \(known.joined(separator: ", "))")
        }
    }
}
