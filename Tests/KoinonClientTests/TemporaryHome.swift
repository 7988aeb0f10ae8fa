import Foundation

/// A folder of its own for one test, removed afterwards.
final class TemporaryHome {
    let path: String

    init() throws {
        // Short, since the path of a Unix socket has at most 107 bytes.
        let name = "koinon-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        let url = FileManager.default.temporaryDirectory.appending(path: name)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        path = url.path
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            print("\(path) stays behind: \(error)")
        }
    }
}
