import HTTPTypes

/// Headers that keep a browser from doing more with an answer than is meant.
struct SecurityHeaders {
    let isTLS: Bool

    /// For pages: everything from this node, nothing inline.
    static let pagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        + "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    /// For what is no page: nothing at all.
    static let policy = "default-src 'none'; frame-ancestors 'none'"

    func add(to headers: inout HTTPFields) {
        headers[.xContentTypeOptions] = "nosniff"
        headers[Self.referrerPolicy] = "no-referrer"
        headers[Self.frameOptions] = "DENY"
        headers[Self.openerPolicy] = "same-origin"
        if headers[.contentSecurityPolicy] == nil {
            let isPage = headers[.contentType]?.hasPrefix("text/html") ?? false
            headers[.contentSecurityPolicy] = isPage ? Self.pagePolicy : Self.policy
        }
        if isTLS { headers[.strictTransportSecurity] = "max-age=31536000" }
    }

    private static let referrerPolicy = HTTPField.Name.own("Referrer-Policy")
    private static let frameOptions = HTTPField.Name.own("X-Frame-Options")
    private static let openerPolicy = HTTPField.Name.own("Cross-Origin-Opener-Policy")
}
