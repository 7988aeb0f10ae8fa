import Foundation

extension ServerContext {
    /// Opens what a node keeps in its home beside the ledger: the index, and descriptions and
    /// pictures as the configuration says.
    ///
    /// - Parameter home: the node's directory.
    /// - Returns: the index, to be run as a service beside the node.
    /// - Throws: when a file or folder there can neither be used nor made.
    public mutating func open(_ home: URL) throws -> SearchIndex {
        let store = try ContentStore(home: home, limits: configuration.content.limits)
        let index = try SearchIndex(home: home, node: node, logger: logger) { store.text($0) }
        content = store
        contentFetcher = ContentFetcher(
            store: store, sources: configuration.content.sources, fetch: ContentFetcher.http)
        self.index = index
        return index
    }
}
