import Foundation
import KoinonLedger
import KoinonProtocol
import KoinonStore

/// Asks other nodes what their block holds that differs from this node's, so that the evidence
/// names the transaction and the key. What they say explains; what proves is the quorum.
struct DivergenceInquiry {
    /// Rows that the block wrote and that are compared at most.
    private static let keysMaximum = 256

    /// Gets what a node answers under a path, with its query.
    typealias Peer = @Sendable (_ path: String) async throws -> [UInt8]

    let store: LedgerStore

    /// What the block left in this node's ledger.
    private struct Own {
        var receipts: [Receipt]
        var firstLeaf: Int
        var ids: [Hash256]
        var rows: [StateRow]
    }

    /// Completes the evidence by what the first peer shows that has the quorum's block.
    func complete(_ evidence: inout DivergenceEvidence, asking peers: [Peer]) async {
        let height = evidence.elsewhere.height
        for peer in peers {
            guard let bytes = try? await peer("/v1/blocks/\(height)/header"),
                let header = try? BlockHeader(encoded: bytes),
                header.hash == evidence.elsewhere.theirs
            else { continue }
            evidence.theirs = header
            guard evidence.isOtherOrder == false, let own = try? own(at: height) else { return }
            evidence.transaction = try? await transaction(own, at: height, peer)
            evidence.row = try? await row(own, peer)
            return
        }
    }

    private func own(at height: Height) throws -> Own {
        struct Enough: Error {}
        return try store.read { reader in
            let executed = try reader.executedTransactions(at: height)
            var rows: [StateRow] = []
            do {
                try reader.forEachStateRow { row in
                    if row.height == height { rows.append(row) }
                    if rows.count == Self.keysMaximum { throw Enough() }
                }
            } catch is Enough {}
            return Own(
                receipts: try reader.decodedResult(at: height).receipts,
                firstLeaf: executed.firstLeaf, ids: executed.ids, rows: rows)
        }
    }

    private func transaction(
        _ own: Own, at height: Height, _ peer: Peer
    ) async throws -> (id: Hash256?, leaf: Int, what: String)? {
        let bytes = try await peer("/v1/blocks/\(height)/receipts")
        guard let answer = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any],
            let list = answer["receipts"] as? [Any]
        else { return nil }
        let theirs = try list.map { value in
            try Receipt(jsonForm: Array(try JSONSerialization.data(withJSONObject: value)))
        }
        for leaf in 0..<max(own.receipts.count, theirs.count) {
            let mine = own.receipts.indices.contains(leaf) ? own.receipts[leaf] : nil
            let other = theirs.indices.contains(leaf) ? theirs[leaf] : nil
            guard mine != other else { continue }
            let index = leaf - own.firstLeaf
            return (
                own.ids.indices.contains(index) ? own.ids[index] : nil, leaf,
                "here \(mine?.jsonForm(pretty: false) ?? "no receipt"), there "
                    + "\(other?.jsonForm(pretty: false) ?? "no receipt")"
            )
        }
        return nil
    }

    /// The first row in byte order, of those that the block wrote last, that the peer has
    /// otherwise by now.
    private func row(
        _ own: Own, _ peer: Peer
    ) async throws -> (key: [UInt8], own: [UInt8]?, theirs: [UInt8]?)? {
        for row in own.rows {
            let bytes = try await peer("/v1/state/\(Hex.encode(row.key))")
            guard
                let answer = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
            else { continue }
            let theirs = (answer["value_hex"] as? String).flatMap { Hex.decode($0) }
            if theirs != row.value { return (row.key, row.value, theirs) }
        }
        return nil
    }
}
