import HTTPTypes
import Hummingbird

/// Lets pages of the origins in a list read answers (CORS); cookies play no part.
struct AllowedOrigins {
    let allowed: [String]

    /// What a browser is told that asks before it sends a request; nil for all other requests.
    func preflight(_ request: Request) -> Response? {
        guard request.method == .options, let origin = request.headers[.origin], allows(origin),
            request.headers[.accessControlRequestMethod] != nil
        else { return nil }
        return Response(
            status: .noContent,
            headers: [
                .accessControlAllowMethods: "GET, HEAD, POST, PUT, DELETE",
                .accessControlAllowHeaders:
                    "Content-Type, Last-Event-ID, X-Request-Id, Authorization",
                .accessControlMaxAge: "600",
            ])
    }

    /// Says in an answer whether the request's origin may read it.
    func add(to headers: inout HTTPFields, for request: Request) {
        guard !allowed.isEmpty, let origin = request.headers[.origin] else { return }
        if !isAny {
            headers[.vary] = headers[.vary].map { "\($0), Origin" } ?? "Origin"
        }
        guard allows(origin) else { return }
        headers[.accessControlAllowOrigin] = isAny ? "*" : origin
        headers[.accessControlExposeHeaders] =
            "Koinon-Height, Koinon-Final-Height, X-Request-Id, Retry-After, Content-Disposition"
    }

    private var isAny: Bool { allowed.contains("*") }

    private func allows(_ origin: String) -> Bool { isAny || allowed.contains(origin) }
}
