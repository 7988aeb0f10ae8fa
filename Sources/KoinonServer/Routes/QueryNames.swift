import Hummingbird
import HummingbirdCore
import KoinonProtocol

/// Which parameters the query of each path takes, as docs/openapi.yaml describes them.
///
/// Any other one is refused, since it would silently have no effect; but not by the pages, to
/// whose addresses others append what they please.
enum QueryNames {
    /// By the route; one that is not here takes none.
    static let byRoute: [String: [String]] = {
        let lists = [
            "/v1/accounts", "/v1/accounts/{id}/movements", "/v1/accounts/{id}/agreements",
            "/v1/accounts/{id}/resources", "/v1/accounts/{id}/offers",
            "/v1/accounts/{id}/requests", "/v1/accounts/{id}/reviews", "/v1/accounts/{id}/flags",
            "/v1/resources", "/v1/resources/{id}/custody", "/v1/resources/{id}/offers",
            "/v1/resources/{id}/agreements", "/v1/kinds", "/v1/offers",
            "/v1/offers/{id}/agreements", "/v1/agreements", "/v1/disputes", "/v1/requests",
            "/v1/proposals", "/v1/units", "/v1/processes",
        ]
        let others = [
            "/v1/transactions": ["wait", "timeout_ms"],
            "/v1/transactions/bulk": ["wait", "timeout_ms"],
            "/v1/nonces/{public_key}": ["account"],
            "/v1/sync/blocks": ["from"],
            "/v1/blocks": ["from", "limit"],
            "/v1/proofs/transactions/{id}": ["form"],
            "/v1/proofs/blocks/{height}": ["form"],
            "/v1/proofs/state/{key}": ["form", "expect"],
            "/v1/trust": ["from", "epoch"],
            "/v1/trust/history/{height}": ["in"],
            "/v1/events": [
                "from", "until", "last_event_id", "module", "account", "resource", "agreement",
            ],
            "/v1/accounts/{id}/standing": ["kind"],
            "/v1/offers/{id}/calendar": ["from", "to"],
            "/v1/offers/{id}/quote": ["account", "start", "duration_ms", "quantity", "arbiter"],
            "/v1/agreements/{id}": ["account"],
            "/v1/search/offers": [
                "text", "kind", "unit", "process", "platform", "lat", "lon", "radius_m", "from",
                "to", "quantity", "max_price", "min_standing", "sort", "cursor", "limit",
            ],
            "/v1/search/requests": ["text", "kind", "lat", "lon", "radius_m", "cursor", "limit"],
            "/v1/lookup": ["q"],
            "/v1/statistics": ["hours"],
            "/v1/content/{hash}": ["local"],
        ]
        return Dictionary(uniqueKeysWithValues: lists.map { ($0, ["cursor", "limit"]) })
            .merging(others) { $1 }
    }()

    /// The first parameter that the route does not take; nil when there is none.
    static func unknown(in uri: URI, at route: String) -> String? {
        guard route.hasPrefix("/v1/"), uri.query?.isEmpty == false else { return nil }
        let known = byRoute[route] ?? []
        // An & at the end makes an empty one.
        return uri.queryParameters.map { String($0.key) }.first {
            !$0.isEmpty && !known.contains($0)
        }
    }

    /// - Throws: what a client is told of a parameter that the route does not take.
    static func check(_ uri: URI, at route: String) throws(Problem) {
        guard let name = unknown(in: uri, at: route) else { return }
        let known = byRoute[route] ?? []
        let remedy =
            if let meant = Spelling.nearest(to: name, in: known) {
                "write \(meant) if you meant that; the path takes \(known.joined(separator: ", "))"
            } else if known.isEmpty {
                "leave it out: the path takes no parameters"
            } else {
                "leave it out: the path takes \(known.joined(separator: ", "))"
            }
        throw .badField(name, "is no parameter of this path", remedy: remedy)
    }
}
