import Hummingbird
import KoinonLedger
import KoinonNode
import KoinonProtocol
import KoinonStore
import NIOCore

/// For those who follow the chain by its signatures alone (docs/formats/trust.md).
struct TrustRoutes {
    let context: ServerContext

    func add(to router: Router<KoinonRequestContext>) {
        router.get("/v1/trust") { try await trust(Query($0, $1)) }
        router.get("/v1/trust/history/{height}") { try await history(Query($0, $1)) }
        router.getApart("/v1/trust/epochs/{epoch}") { try record(Query($0, $1)) }
    }

    /// The whole record with which an epoch began: docs/formats/recovery.md.
    private func record(_ query: Query) throws -> Response {
        guard let epoch = UInt64(query.path("epoch")) else {
            throw Problem.badField("epoch", "is no epoch", remedy: "give a number, for instance 1")
        }
        guard
            let record = try context.store.read({ reader in
                try reader.epochRecords().first { $0.epoch == epoch }
            })
        else {
            throw Problem.notFound(
                "epoch \(epoch)",
                remedy: "no ceremony began it on this ledger; /v1/blocks shows epochs")
        }
        return Answer.bytes(
            ByteBuffer(bytes: record.bytes), type: "application/x-protobuf",
            headers: context.heights(record.height))
    }

    private func trust(_ query: Query) async throws -> Response {
        let from = try query.height("from") ?? .genesis
        let epoch = try query.height("epoch")?.rawValue ?? 0
        let document = try await context.node.trust(from: from, epoch: epoch)
        return Answer.bytes(
            ByteBuffer(string: document.json), type: "application/json",
            headers: context.heights(document.header.height))
    }

    /// What stood at a height in the history of a later block.
    private func history(_ query: Query) async throws -> Response {
        let height = try query.height("height", inPath: true) ?? .genesis
        guard let later = try query.height("in"), later > height else {
            throw Problem.badField(
                "in", "is no later height", remedy: "give the height of a block above \(height)")
        }
        let ancestry = try await OwnThread.runInTurn { [store = context.store] in
            try store.ancestry(of: height, in: later)
        }
        return Answer.bytes(
            ByteBuffer(string: ancestry.json), type: "application/json",
            headers: context.heights(later))
    }
}
