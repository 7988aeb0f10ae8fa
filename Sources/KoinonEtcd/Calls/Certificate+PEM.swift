import X509

extension Certificate {
    /// All certificates of a PEM file, in order; none for a file that holds none.
    ///
    /// - Throws: when one of them cannot be read.
    static func all(inPEM text: String) throws -> [Certificate] {
        try text.matches(of: /-----BEGIN CERTIFICATE-----[^\-]*-----END CERTIFICATE-----/)
            .map { try Certificate(pemEncoded: String($0.output)) }
    }
}
