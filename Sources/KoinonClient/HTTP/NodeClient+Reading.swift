import Foundation
import KoinonLedger
import KoinonProtocol
import NIOCore

/// What to look for among open offers; docs/openapi.yaml, `/v1/search/offers`.
public struct OfferSearchTerms: Hashable, Sendable {
    public enum Sort: String, Sendable { case relevance, price, distance, standing }

    public var text: String?
    public var kind: String?
    public var unit: String?
    /// Id of a member.
    public var platform: String?
    /// Degrees.
    public var place: (latitude: Double, longitude: Double)?
    public var radiusMetres: Double?
    /// Free throughout.
    public var window: Range<Timestamp>?
    public var sort = Sort.relevance
    /// 1 to 200.
    public var limit = 50
    /// `next` of the answer before.
    public var cursor: String?

    public init(text: String? = nil, kind: String? = nil) {
        self.text = text
        self.kind = kind
    }

    public static func == (a: Self, b: Self) -> Bool { a.query == b.query }
    public func hash(into hasher: inout Hasher) { hasher.combine(query) }

    /// Percent-encoded, with its question mark.
    var query: String {
        var items = [URLQueryItem(name: "sort", value: sort.rawValue)]
        func add(_ name: String, _ value: String?) {
            if let value { items.append(URLQueryItem(name: name, value: value)) }
        }
        add("text", text)
        add("kind", kind)
        add("unit", unit)
        add("platform", platform)
        add("lat", place.map { String($0.latitude) })
        add("lon", place.map { String($0.longitude) })
        add("radius_m", radiusMetres.map { String($0) })
        add("from", window.map { String($0.lowerBound.milliseconds) })
        add("to", window.map { String($0.upperBound.milliseconds) })
        add("limit", String(limit))
        add("cursor", cursor)
        return NodeClient.query(items)
    }
}

extension NodeClient {
    /// Open offers in the order asked for, a page at a time.
    public func offers(_ terms: OfferSearchTerms) async throws -> AnsweredList<OfferAnswer> {
        try await read("/v1/search/offers\(terms.query)")
    }

    public func members() async throws -> [MemberAnswer] {
        let list: AnsweredList<MemberAnswer> = try await read("/v1/members")
        return list.rows
    }

    /// - Parameter cursor: `next` of the answer before.
    public func kinds(cursor: String? = nil) async throws -> AnsweredList<KindAnswer> {
        try await read(
            "/v1/kinds" + Self.query([URLQueryItem(name: "cursor", value: cursor)]))
    }

    /// - Parameter account: of what can happen next, only what this party may do.
    public func agreement(
        _ id: AgreementID, as account: AccountID? = nil
    ) async throws -> AnsweredThing<AgreementAnswer> {
        try await read(
            "/v1/agreements/\(id.text)"
                + Self.query([URLQueryItem(name: "account", value: account?.text)]))
    }

    /// What an account has, of each unit.
    public func balances(of account: AccountID) async throws -> [AnsweredMoney] {
        let list: AnsweredList<BalanceAnswer> = try await read(
            "/v1/accounts/\(account.text)/balances")
        return list.rows.map(\.amount)
    }

    /// - Parameter kind: nil for all kinds alike.
    public func standing(
        of account: AccountID, kind: String? = nil
    ) async throws -> StandingAnswer {
        let answer: AnsweredThing<StandingAnswer> = try await read(
            "/v1/accounts/\(account.text)/standing"
                + Self.query([URLQueryItem(name: "kind", value: kind)]))
        return answer.value
    }

    // MARK: Joining

    private struct JoinOrder: Encodable {
        struct Consent: Encodable {
            var body: String
            var public_key: String
            var signature: String
        }
        var consent: Consent
    }

    private struct MoneyOrder: Encodable { var account: String }
    private struct JoinAnswer: Decodable { var account: String }

    /// Has a member open an account for a key; harmless when it is open already.
    ///
    /// - Parameter consent: `AccountConsent.signed(by:chain:sponsor:)`.
    /// - Throws: ``NodeClientFault/problem(_:)`` with code `joiningClosed` where the node opens
    ///   no accounts, `joinLimit` when it has opened enough for today.
    public func join(consent: Envelope) async throws {
        let order = JoinOrder(
            consent: .init(
                body: Hex.encode(consent.body), public_key: consent.publicKey.hex,
                signature: Hex.encode(consent.signature.bytes)))
        let _: JoinAnswer = try await post("/v1/join", order)
    }

    /// Asks for the money with which a new account may try things.
    ///
    /// - Throws: ``NodeClientFault/problem(_:)`` with code `noTestMoney` where there is none,
    ///   `hadTestMoney` for an account that had it.
    public func takeTestMoney(for account: AccountID) async throws {
        let _: JoinAnswer = try await post("/v1/test-money", MoneyOrder(account: account.text))
    }

    // MARK: Forms

    static func query(_ items: [URLQueryItem]) -> String {
        let given = items.filter { $0.value != nil }
        guard !given.isEmpty else { return "" }
        var components = URLComponents()
        components.queryItems = given
        // A plus would be read as a space.
        let text = components.percentEncodedQuery?.replacing("+", with: "%2B") ?? ""
        return "?" + text
    }

    /// Names in answers are written `like_this`.
    private func decodedView<Answer: Decodable>(_ bytes: [UInt8]) throws -> Answer {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do { return try decoder.decode(Answer.self, from: Data(bytes)) } catch {
            throw NodeClientFault.badAnswer("\(error)")
        }
    }

    func read<Answer: Decodable>(_ path: String) async throws -> Answer {
        try decodedView(try await get(path))
    }

    private func post<Answer: Decodable>(
        _ path: String, _ order: some Encodable
    ) async throws -> Answer {
        let response = try await post(
            path, ByteBuffer(bytes: JSONEncoder().encode(order)), type: "application/json",
            limit: .seconds(60))
        return try decodedView(try await bytes(of: response))
    }
}
