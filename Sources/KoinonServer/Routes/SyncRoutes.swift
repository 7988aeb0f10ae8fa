import HTTPTypes
import Hummingbird
import KoinonNode
import KoinonProtocol
import KoinonStore
import NIOCore

/// What other members' nodes take to catch up: whole blocks, and snapshots
/// (docs/catching-up.md). Whoever takes it checks it against signatures.
struct SyncRoutes {
    let context: ServerContext

    func add(to router: Router<KoinonRequestContext>) {
        router.get("/v1/sync/blocks") { try blocks($0, $1) }
        router.getApart("/v1/sync/snapshots") { _, _ in try snapshots() }
        router.get("/v1/sync/snapshots/{height}") { request, requestContext in
            let height = try height(Query(request, requestContext))
            return try await file { try $0.manifest(at: height) }
        }
        router.get("/v1/sync/snapshots/{height}/chunks/{number}") { request, requestContext in
            let query = Query(request, requestContext)
            let height = try height(query)
            guard let number = Int(query.path("number")), number >= 0 else {
                throw Problem.badField(
                    "number", "is no number of a chunk", remedy: "count chunks from 0")
            }
            return try await file { try $0.chunk(number, at: height) }
        }
    }

    private func height(_ query: Query) throws -> Height {
        try query.height("height", inPath: true) ?? .genesis
    }

    private func snapshots() throws -> JSONValue {
        let progress = context.node.progress.current
        let snapshots: [JSONValue] = try (context.snapshots?.heights() ?? []).map { height in
            ["height": .number(height.rawValue)]
        }
        return .answer(
            at: progress.height, final: progress.finalHeight, [("snapshots", .array(snapshots))])
    }

    /// A file of a snapshot; it never changes.
    private func file(
        _ read: @escaping @Sendable (SnapshotFolder) throws -> [UInt8]
    ) async throws -> Response {
        guard let folder = context.snapshots else { throw SnapshotFault.unknown(.genesis) }
        let bytes = try await OwnThread.run { try read(folder) }
        return Answer.bytes(
            ByteBuffer(bytes: bytes), type: "application/octet-stream",
            headers: [.cacheControl: "max-age=86400, immutable"])
    }

    /// Blocks from `from` on, up to the last final one or until the answer is long enough.
    private func blocks(
        _ request: Request, _ requestContext: KoinonRequestContext
    ) throws -> Response {
        guard let from = try Query(request, requestContext).height("from"), from > .genesis else {
            throw Problem.badField(
                "from", "is missing or 0",
                remedy: "give the height of the first block that you want, from 1")
        }
        let base = try context.store.read { try $0.baseHeight() }
        // Here, where it can still be said in words.
        if from <= base { throw StoreFault.notKept(height: from, base: base) }
        let finalHeight = context.node.finalHeight
        let stream = BlockStreaming(store: context.store, from: from, finalHeight: finalHeight)
        let slot = try SyncSlot(context)
        return Response(
            status: .ok,
            headers: [
                .contentType: BlockStream.mediaType, .cacheControl: "no-store",
                .koinonHeight: "\(finalHeight)", .koinonFinalHeight: "\(finalHeight)",
            ],
            body: slot.body(on: requestContext.channel) { writer in
                // Reads blocks from the disk.
                try await withTaskExecutorPreference(globalConcurrentExecutor) {
                    try await stream.run(&writer)
                }
            })
    }
}
