import Glibc

/// Tells whether files have changed since they were looked at last.
///
/// A change is another time, size or file under the name; one that cannot be looked at is as
/// good as another.
public struct WatchedFiles: Sendable {
    private struct Stamp: Equatable {
        var seconds: Int
        var nanoseconds: Int
        var bytes: Int
        var node: UInt
    }

    private let paths: [String]
    private var seen: [Stamp?]

    /// - Parameter paths: looked at now: make this before the files are read, and a change in
    ///   between is seen at the next look.
    public init(_ paths: [String]) {
        self.paths = paths
        seen = paths.map(Self.stamp)
    }

    /// Whether one has changed since the last look; once for each change.
    public mutating func haveChanged() -> Bool {
        let now = paths.map(Self.stamp)
        defer { seen = now }
        return now != seen
    }

    private static func stamp(of path: String) -> Stamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Stamp(
            seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec,
            bytes: Int(status.st_size), node: UInt(status.st_ino))
    }
}
