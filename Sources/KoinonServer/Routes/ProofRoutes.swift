import HTTPTypes
import Hummingbird
import KoinonLedger
import KoinonNode
import KoinonProtocol
import NIOCore

/// Proof files, which hold offline from the genesis document alone (docs/formats/proof.md).
struct ProofRoutes {
    let context: ServerContext

    private enum Form: String, CaseIterable {
        case json
        /// To be saved: the same bytes as a download.
        case file
    }

    private enum Expectation: String, CaseIterable {
        case any, present, absent
    }

    func add(to router: Router<KoinonRequestContext>) {
        router.get("/v1/proofs/transactions/{id}") { request, requestContext in
            let query = Query(request, requestContext)
            let id = try query.hash("id")
            let proof = try await context.node.prove(transaction: id)
            return try answer(proof, query, name: "transaction-\(id.hex.prefix(16))")
        }
        router.get("/v1/proofs/blocks/{height}") { request, requestContext in
            let query = Query(request, requestContext)
            let height = try query.height("height", inPath: true) ?? .genesis
            let proof = try await context.node.prove(block: height)
            return try answer(proof, query, name: "block-\(height)")
        }
        router.get("/v1/proofs/state/{key}") { request, requestContext in
            let query = Query(request, requestContext)
            let key = try query.stateKey("key")
            let expectation = try query.choice("expect", default: Expectation.any)
            let proof = try await context.node.prove(
                stateKey: key,
                expectsValue: expectation == .any ? nil : expectation == .present)
            return try answer(proof, query, name: "state-\(Hex.encode(key.prefix(8)))")
        }
    }

    private func answer(_ proof: ProofFile, _ query: Query, name: String) throws -> Response {
        let bytes = ByteBuffer(string: proof.json + "\n")
        var headers = context.heights(proof.contentHeader.height)
        switch try query.choice("form", default: Form.json) {
        case .json:
            return Answer.bytes(bytes, type: "application/json", headers: headers)
        case .file:
            headers[.contentDisposition] = "attachment; filename=\"\(name).proof.json\""
            return Answer.bytes(bytes, type: "application/octet-stream", headers: headers)
        }
    }
}

extension ServerContext {
    /// What an answer says in its head of the block that it is true at, where its body cannot.
    func heights(_ height: Height) -> HTTPFields {
        [.koinonHeight: "\(height)", .koinonFinalHeight: "\(node.finalHeight)"]
    }
}

extension HTTPField.Name {
    /// The block that an answer is true at, where its body cannot say so.
    static let koinonHeight = own("Koinon-Height")
    /// The highest block that a quorum has signed, beside the height.
    static let koinonFinalHeight = own("Koinon-Final-Height")
    static let requestID = own("X-Request-Id")
    static let lastEventID = own("Last-Event-ID")

    static func own(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else {
            preconditionFailure("\(name) is no name of a header")
        }
        return name
    }
}
