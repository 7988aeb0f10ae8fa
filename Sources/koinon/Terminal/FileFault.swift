import Foundation

/// What the system says of a file that cannot be used, for people.
struct FileFault: CustomStringConvertible {
    private let error: CocoaError

    init(_ error: CocoaError) { self.error = error }

    /// As it was named; from the root where the system says it so.
    private var path: String { error.url?.relativePath ?? error.filePath ?? "a file" }

    private var reason: String {
        guard let number else { return error.localizedDescription }
        return String(cString: strerror(number))
    }

    /// As the system counts; some faults come without it.
    private var number: Int32? {
        if let cause = error.underlying as? POSIXError { return cause.code.rawValue }
        return switch error.code {
        case .fileNoSuchFile, .fileReadNoSuchFile: ENOENT
        case .fileReadNoPermission, .fileWriteNoPermission: EACCES
        case .fileWriteOutOfSpace: ENOSPC
        default: nil
        }
    }

    var description: String {
        "\(path): \(reason); look at the path, its permissions and the room on its disk"
    }
}
