import Foundation
import KoinonLedger
import KoinonProtocol

/// What to look for among open requests; docs/openapi.yaml, `/v1/search/requests`.
public struct RequestSearchTerms: Sendable {
    public var text: String?
    /// Of the thing; requests that take any kind are found too.
    public var kind: String?
    /// Where the thing is, in degrees.
    public var place: (latitude: Double, longitude: Double)?
    public var radiusMetres: Double?
    /// 1 to 200.
    public var limit = 50
    /// `next` of the answer before.
    public var cursor: String?

    public init(text: String? = nil, kind: String? = nil) {
        self.text = text
        self.kind = kind
    }

    /// Percent-encoded, with its question mark.
    var query: String {
        NodeClient.query([
            URLQueryItem(name: "text", value: text), URLQueryItem(name: "kind", value: kind),
            URLQueryItem(name: "lat", value: place.map { String($0.latitude) }),
            URLQueryItem(name: "lon", value: place.map { String($0.longitude) }),
            URLQueryItem(name: "radius_m", value: radiusMetres.map { String($0) }),
            URLQueryItem(name: "limit", value: String(limit)),
            URLQueryItem(name: "cursor", value: cursor),
        ])
    }
}

extension NodeClient {
    /// An account: its keys, its sponsor, its standing.
    public func account(_ id: AccountID) async throws -> AnsweredThing<AccountAnswer> {
        try await read("/v1/accounts/\(id.text)")
    }

    /// Money that came to an account or left it, the newest first.
    ///
    /// - Parameter cursor: `next` of the answer before.
    public func movements(
        of account: AccountID, cursor: String? = nil
    ) async throws -> AnsweredList<MovementAnswer> {
        try await read("/v1/accounts/\(account.text)/movements" + Self.page(cursor))
    }

    /// A thing, with the newest part of where it has been.
    public func resource(_ id: ResourceID) async throws -> AnsweredThing<ResourceAnswer> {
        try await read("/v1/resources/\(id.text)")
    }

    /// Where a thing has been, the newest first.
    ///
    /// - Parameter cursor: `next` of the answer before.
    public func custody(
        of resource: ResourceID, cursor: String? = nil
    ) async throws -> AnsweredList<CustodyAnswer> {
        try await read("/v1/resources/\(resource.text)/custody" + Self.page(cursor))
    }

    /// The terms on which something may be had, also of an offer that was withdrawn.
    public func offer(_ id: OfferID) async throws -> AnsweredThing<OfferTermsAnswer> {
        try await read("/v1/offers/\(id.text)")
    }

    /// Open requests, the newest first, a page at a time.
    public func requests(
        _ terms: RequestSearchTerms = RequestSearchTerms()
    ) async throws -> AnsweredList<RequestAnswer> {
        try await read("/v1/search/requests\(terms.query)")
    }

    /// What the members vote on or voted on, the newest first.
    ///
    /// - Parameter cursor: `next` of the answer before.
    public func proposals(cursor: String? = nil) async throws -> AnsweredList<ProposalAnswer> {
        try await read("/v1/proposals" + Self.page(cursor))
    }

    /// What a text names: an id, a hash, a key, a height, a name, or words of a title.
    public func lookup(_ text: String) async throws -> [FoundAnswer] {
        let list: AnsweredList<FoundAnswer> = try await read(
            "/v1/lookup" + Self.query([URLQueryItem(name: "q", value: text)]))
        return list.rows
    }

    private struct BlockReading: Decodable { var block: BlockAnswer }

    /// A block with the ids of its transactions.
    ///
    /// - Throws: ``NodeClientFault/problem(_:)`` with code `notFound` above the last block,
    ///   `blockNotKept` where the node has given it up.
    public func block(at height: Height) async throws -> BlockAnswer {
        let reading: BlockReading = try await read("/v1/blocks/\(height)")
        return reading.block
    }

    private static func page(_ cursor: String?) -> String {
        query([URLQueryItem(name: "cursor", value: cursor)])
    }
}
