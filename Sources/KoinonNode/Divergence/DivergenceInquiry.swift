import Foundation
import KoinonLedger
import KoinonProtocol
import KoinonStore

/// Asks other nodes what their block holds that differs from this node's, so that the evidence
/// names the transaction and the key. What they say explains; what proves is the quorum.
struct DivergenceInquiry {
    /// Rows that the block wrote last and that are compared at most.
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

    /// Completes the evidence by what the first peer shows that has the quorum's block; rows of
    /// state by the first of them that shows one that differs, or all of them alike.
    func complete(_ evidence: inout DivergenceEvidence, asking peers: [Peer]) async {
        let height = evidence.elsewhere.height
        var own: Own?
        for peer in peers {
            guard let bytes = try? await peer("/v1/blocks/\(height)/header"),
                let header = try? BlockHeader(encoded: bytes),
                header.hash == evidence.elsewhere.theirs
            else { continue }
            evidence.theirs = header
            guard evidence.isOtherOrder == false else { return }
            if own == nil { own = try? self.own(at: height) }
            guard let own else { return }
            if evidence.transaction == nil {
                evidence.transaction = try? await transaction(own, at: height, peer)
            }
            do {
                let found = try await compareRows(own, at: height, peer)
                evidence.row = found.difference
                evidence.whyNoRow = found.untold.isEmpty ? nil : "\(found)"
                if found.difference != nil || found.untold.isEmpty { return }
            } catch {
                evidence.whyNoRow = "\(error)"
            }
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

    /// What a node answers about a key of its state.
    private struct StateAnswer: Decodable {
        enum CodingKeys: String, CodingKey {
            case height
            case value = "value_hex"
            case written = "written_at_height"
        }

        var height: UInt64
        var value: String?
        /// Nil where nothing stands under the key, and of nodes that do not say it.
        var written: UInt64?

        /// Whether it is also what stood there after an earlier block: a node shows its state
        /// after its last block only, and what is absent there may have been removed since.
        func tells(of block: Height) -> Bool {
            height == block.rawValue
                || height > block.rawValue && written.map { $0 <= block.rawValue } == true
        }
    }

    /// What rows that the block wrote last came to beside a peer's.
    private struct RowComparison: CustomStringConvertible {
        let height: Height
        /// The first in byte order that the peer has otherwise, of those that it tells of.
        var difference: (key: [UInt8], own: [UInt8]?, theirs: [UInt8]?)?
        /// Rows before it that the peer does not tell of, by the block that it stood at.
        var untold: [UInt64] = []
        var asked = 0

        var description: String {
            let last = untold.max() ?? height.rawValue
            return
                "the peer shows state after block \(last), not after block \(height): \(untold.count) of \(asked) rows were written or removed since, or may have been"
        }
    }

    /// - Throws: what the peer does.
    private func compareRows(
        _ own: Own, at height: Height, _ peer: Peer
    ) async throws -> RowComparison {
        var found = RowComparison(height: height)
        for row in own.rows {
            let bytes = try await peer("/v1/state/\(Hex.encode(row.key))")
            let answer = try JSONDecoder().decode(StateAnswer.self, from: Data(bytes))
            found.asked += 1
            guard answer.tells(of: height) else {
                found.untold.append(answer.height)
                continue
            }
            let theirs = answer.value.flatMap { Hex.decode($0) }
            guard theirs == row.value else {
                found.difference = (row.key, row.value, theirs)
                break
            }
        }
        return found
    }
}
