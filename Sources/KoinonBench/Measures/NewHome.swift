import Foundation
import KoinonLedger
import KoinonNode
import KoinonServer
import Logging

/// A home without a ledger that comes to where a node is.
enum NewHome {
    static let quiet = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }

    /// By blocks alone, or from a snapshot when the node is `worthSnapshot` blocks ahead.
    static func arrive(
        _ url: URL, _ genesis: GenesisDocument, from address: String, worthSnapshot: UInt64
    ) async throws -> LedgerArrival.Report {
        let home = NodeHome(url)
        _ = try home.prepareToJoin(genesis, members: [], peers: [address])
        var arrival = LedgerArrival(home: home, peers: [try HTTPPeer(address)], logger: quiet)
        arrival.worthSnapshot = worthSnapshot
        return try await arrival.run()
    }
}
