import HTTPTypes
import Hummingbird

/// Headers that keep a browser from doing more with an answer than is meant.
struct SecurityMiddleware: RouterMiddleware {
    let isTLS: Bool

    /// For pages: everything from this node, nothing inline.
    static let pagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        + "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    /// For what is no page: nothing at all.
    static let policy = "default-src 'none'; frame-ancestors 'none'"

    func handle(
        _ request: Request, context: KoinonRequestContext,
        next: (Request, KoinonRequestContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[Self.referrerPolicy] = "no-referrer"
        response.headers[Self.frameOptions] = "DENY"
        response.headers[Self.openerPolicy] = "same-origin"
        if response.headers[.contentSecurityPolicy] == nil {
            let isPage = response.headers[.contentType]?.hasPrefix("text/html") ?? false
            response.headers[.contentSecurityPolicy] = isPage ? Self.pagePolicy : Self.policy
        }
        if isTLS { response.headers[.strictTransportSecurity] = "max-age=31536000" }
        return response
    }

    private static let referrerPolicy = HTTPField.Name.own("Referrer-Policy")
    private static let frameOptions = HTTPField.Name.own("X-Frame-Options")
    private static let openerPolicy = HTTPField.Name.own("Cross-Origin-Opener-Policy")
}
