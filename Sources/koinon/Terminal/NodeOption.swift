import ArgumentParser
import KoinonClient
import KoinonNode

/// `--node`, the same for every command that speaks to a running node.
struct NodeOption: ParsableArguments {
    @Option(
        name: .long,
        help: "A running node's address; the one that runs on the home when left out.")
    var node: String?

    /// - Throws: `NodeClientFault`.
    func client(of home: NodeHome) throws -> NodeClient {
        if let node { return try NodeClient(node) }
        return try NodeClient(home: home.directory.relativePath)
    }
}
