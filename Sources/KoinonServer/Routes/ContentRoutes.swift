import Foundation
import HTTPTypes
import Hummingbird
import KoinonLedger
import KoinonProtocol
import NIOCore

/// Descriptions and pictures, by the SHA-256 that the ledger names.
struct ContentRoutes {
    let context: ServerContext

    func add(to router: Router<KoinonRequestContext>) {
        router.put("/v1/content") { request, requestContext in
            let content = try await put(request, requestContext)
            return Answer.json(
                [
                    "hash": .string(content.hash.hex), "type": .string(content.type.rawValue),
                    "bytes": .number(content.bytes.count),
                ], status: .created, headers: [.location: "/v1/content/\(content.hash.hex)"])
        }
        router.get("/v1/content/{hash}") { request, requestContext in
            let query = Query(request, requestContext)
            let hash = try query.hash("hash")
            let isLocal = query.text("local") == "true"
            if request.headers[.ifNoneMatch] == Self.tag(hash) {
                return Response(status: .notModified, headers: Self.headers(hash))
            }
            return try await get(hash, isLocal: isLocal)
        }
        router.delete("/v1/content/{hash}") { request, requestContext in
            let hash = try Query(request, requestContext).hash("hash")
            try authorize(request.headers[.authorization])
            try delete(hash)
            return Response(status: .noContent)
        }
    }

    private func store() throws -> ContentStore {
        guard let store = context.content else {
            throw Problem(
                status: .serviceUnavailable, code: "noContentStore",
                title: "The node keeps no content",
                detail: "this node keeps neither descriptions nor pictures",
                remedy: "ask another node")
        }
        return store
    }

    private func put(
        _ request: Request, _ requestContext: KoinonRequestContext
    ) async throws -> ContentStore.Content {
        let store = try store()
        let limit = max(store.limits.pictureBytes, store.limits.textBytes)
        do {
            let content = try await context.bodies.collect(
                request, requestContext, upTo: limit
            ) { try store.put(Array(buffer: $0)) }
            if content.type == .text { context.index?.textChanged(content.hash) }
            return content
        } catch let fault as ContentStore.Fault {
            throw Problem(fault)
        }
    }

    private func get(_ hash: Hash256, isLocal: Bool) async throws -> Response {
        let store = try store()
        guard !store.isDeleted(hash) else { throw Problem(ContentStore.Fault.deleted) }
        let found = try isLocal ? store.get(hash) : await context.findContent(hash)
        guard let found else {
            throw Problem(
                status: .notFound, code: "notFound", title: "Nothing is there",
                detail: "content \(hash): neither here nor at the nodes that were asked",
                remedy: "ask who published it; content is not on the ledger")
        }
        return Answer.bytes(
            ByteBuffer(bytes: found.bytes), type: found.type.rawValue,
            headers: Self.headers(hash))
    }

    private static func tag(_ hash: Hash256) -> String { "\"\(hash.hex)\"" }

    /// The bytes under a hash never change, so they may be kept for ever; they come from
    /// strangers, so a browser may do nothing with them but show them.
    private static func headers(_ hash: Hash256) -> HTTPFields {
        var headers: HTTPFields = [
            .cacheControl: "public, max-age=31536000, immutable", .eTag: tag(hash),
            .contentSecurityPolicy: "default-src 'none'; sandbox",
            .xContentTypeOptions: "nosniff",
        ]
        if let name = HTTPField.Name("Cross-Origin-Resource-Policy") {
            headers[name] = "cross-origin"
        }
        return headers
    }

    /// The operator's token, compared by hash so that the time taken tells nothing of it.
    private func authorize(_ header: String?) throws {
        let token = context.configuration.content.token
        guard let token, !token.isEmpty else {
            throw Problem(
                status: .forbidden, code: "forbidden", title: "Nobody may do this here",
                detail: "the node's operator has set no token for deleting content",
                remedy: "ask the operator, or set content.token in the configuration")
        }
        let given = header.flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil }
        guard let given, Hash256.sha256(Array(given.utf8)) == Hash256.sha256(Array(token.utf8))
        else {
            throw Problem(
                status: .unauthorized, code: "unauthorized", title: "Not the operator's token",
                detail: "only the node's operator deletes content", field: "authorization",
                remedy: "send `Authorization: Bearer TOKEN`")
        }
    }

    private func delete(_ hash: Hash256) throws {
        try store().delete(hash)
        context.index?.textChanged(hash)
    }
}

extension ServerContext {
    /// What is here, else what another node has. A text that comes is found by its words from
    /// then on.
    func findContent(_ hash: Hash256) async throws -> ContentStore.Content? {
        let isNew = content?.has(hash) == false
        let found = try await contentFetcher?.content(hash) ?? content?.get(hash)
        if isNew, found?.type == .text { index?.textChanged(hash) }
        return found
    }
}

extension Problem {
    init(_ fault: ContentStore.Fault) {
        switch fault {
        case .unknownType:
            self.init(
                status: .unsupportedMediaType, code: "unknownType",
                title: "Not of a kind that is kept",
                detail: "the bytes are neither UTF-8 text nor JPEG, PNG or WebP", field: "body",
                remedy: "send one of these; what the request says of its type is not looked at")
        case .tooLarge(let limit):
            self.init(
                status: .contentTooLarge, code: "bodyTooLarge", title: "The body is too large",
                detail: "it has more than \(limit) bytes", field: "body",
                remedy:
                    "make it smaller: pictures up to 4 MiB, texts up to 64 KiB unless the operator says otherwise"
            )
        case .full(let limit):
            self.init(
                status: .init(code: 507, reasonPhrase: "Insufficient Storage"), code: "contentFull",
                title: "The node has no room for more content",
                detail:
                    "it keeps \(limit) bytes and \(ContentStore.filesMaximum) pieces at most",
                remedy: "use another node, or tell the operator")
        case .deleted:
            self.init(
                status: .gone, code: "deleted", title: "It was deleted",
                detail: "the node's operator deleted it; it is neither kept nor given out again",
                remedy: "ask the operator if that was a mistake")
        }
    }
}
