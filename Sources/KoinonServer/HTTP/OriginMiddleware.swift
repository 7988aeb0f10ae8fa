import HTTPTypes
import Hummingbird

/// Lets pages of the origins in a list read answers (CORS); cookies play no part.
struct OriginMiddleware: RouterMiddleware {
    let allowed: [String]

    func handle(
        _ request: Request, context: KoinonRequestContext,
        next: (Request, KoinonRequestContext) async throws -> Response
    ) async throws -> Response {
        guard !allowed.isEmpty, let origin = request.headers[.origin] else {
            return try await next(request, context)
        }
        let isAny = allowed.contains("*")
        guard isAny || allowed.contains(origin) else {
            var response = try await next(request, context)
            response.headers[.vary] = "Origin"
            return response
        }
        let isPreflight =
            request.method == .options && request.headers[.accessControlRequestMethod] != nil
        var response = isPreflight ? preflight() : try await next(request, context)
        response.headers[.accessControlAllowOrigin] = isAny ? "*" : origin
        response.headers[.accessControlExposeHeaders] =
            "Koinon-Height, X-Request-Id, Retry-After, Content-Disposition"
        if !isAny { response.headers[.vary] = "Origin" }
        return response
    }

    private func preflight() -> Response {
        Response(
            status: .noContent,
            headers: [
                .accessControlAllowMethods: "GET, HEAD, POST, PUT, DELETE",
                .accessControlAllowHeaders:
                    "Content-Type, Last-Event-ID, X-Request-Id, Authorization",
                .accessControlMaxAge: "600",
            ])
    }
}
