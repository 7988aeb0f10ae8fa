import Foundation

/// Where the seeds and the vectors lie, in the checkout that this was built from.
public enum FuzzFolders {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static let vectors = root.appending(path: "Tests/KoinonLedgerTests/Vectors")

    /// One file an input. Those whose names begin with "found-" once violated something.
    public static func seeds(of target: FuzzTarget) -> URL {
        root.appending(path: "Fuzz/Corpus").appending(path: target.name)
    }
}
