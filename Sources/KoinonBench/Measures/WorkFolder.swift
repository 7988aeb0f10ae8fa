import Foundation
import Glibc
import Synchronization

/// A folder of one benchmark, or one simulation, removed with it.
public final class WorkFolder {
    private static let open = Mutex<Set<URL>>([])

    public let url: URL

    public init(under parent: URL? = nil, of what: String = "bench") throws {
        url = (parent ?? FileManager.default.temporaryDirectory)
            .appending(path: "koinon-\(what)-\(UUID().uuidString)", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        _ = Self.open.withLock { $0.insert(url) }
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
        _ = Self.open.withLock { $0.remove(url) }
    }

    /// Ends the processes that benchmarks have started, and removes all folders: for somebody who
    /// has had enough of it.
    static func removeAll() {
        endChildren()
        for url in open.withLock({ $0 }) {
            // This process may still be writing there.
            for _ in 0..<10 where FileManager.default.fileExists(atPath: url.path) {
                try? FileManager.default.removeItem(at: url)
            }
        }
    }

    /// They are asked first: a database has processes of its own to end. What does not end in a few
    /// seconds is killed.
    private static func endChildren() {
        for process in children { kill(process, SIGINT) }
        for _ in 0..<100 where !children.isEmpty { usleep(50_000) }
        for process in children { kill(process, SIGKILL) }
    }

    /// Processes that this one has started, and whose end nobody has seen yet.
    private static var children: [pid_t] {
        let threads =
            (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        return threads.flatMap { thread -> [pid_t] in
            let list = try? String(
                contentsOfFile: "/proc/self/task/\(thread)/children", encoding: .utf8)
            return (list ?? "").split(separator: " ").compactMap { pid_t($0) }
        }
    }
}
