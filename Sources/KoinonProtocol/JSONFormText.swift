extension BytesForm {
    private var textPrefix: String? {
        switch self {
        case .account: AccountKind.textPrefix
        case .resource: ResourceKind.textPrefix
        case .offer: OfferKind.textPrefix
        case .agreement: AgreementKind.textPrefix
        case .proposal: ProposalKind.textPrefix
        case .request: RequestKind.textPrefix
        case .flag: FlagKind.textPrefix
        case .hex: nil
        }
    }

    private var count: Int? {
        if case .hex(let count) = self { count } else { AccountID.byteCount }
    }

    /// Bytes of a wrong length, which only a foreign client can have sent, come out as hex.
    func text(of bytes: [UInt8]) -> String {
        if let textPrefix, bytes.count == AccountID.byteCount {
            return Bech32m.encode(prefix: textPrefix, bytes)
        }
        return Hex.encode(bytes)
    }

    /// "" is no bytes. An id may also be given in hex.
    func bytes(of text: String, at path: JSONPath) throws(JSONFormFault) -> [UInt8] {
        if text.isEmpty { return [] }
        if let textPrefix, let (prefix, bytes) = Bech32m.decode(text) {
            guard prefix == textPrefix else {
                throw path.fault(
                    "is an id of another kind, \(prefix)1…", "give one of the form \(textPrefix)1…")
            }
            try checkCount(of: bytes, at: path)
            return bytes
        }
        guard let bytes = Hex.decode(text) else {
            throw path.fault("is \"\(JSONText.short(text))\"", "give \(wanted)")
        }
        try checkCount(of: bytes, at: path)
        return bytes
    }

    private func checkCount(of bytes: [UInt8], at path: JSONPath) throws(JSONFormFault) {
        guard let count, bytes.count != count else { return }
        throw path.fault("has \(bytes.count) bytes, not \(count)", "give \(wanted)")
    }

    private var wanted: String {
        if let textPrefix {
            return "an id of the form \(textPrefix)1… (check that no character is missing or wrong)"
        }
        return count.map { "\($0 * 2) hex digits" } ?? "an even number of hex digits"
    }
}

/// Lengths of time as people write them: "90s", "30min", "1.5h" is not taken, "2d" is.
enum DurationText {
    private static let units: [(suffix: String, milliseconds: UInt64)] = [
        ("min", 60_000), ("ms", 1), ("s", 1000), ("h", 3_600_000), ("d", 86_400_000),
        ("w", 604_800_000),
    ]

    /// Nil when the text is no whole number with a unit, or passes 2^64 milliseconds.
    static func milliseconds(_ text: String) -> UInt64? {
        for unit in units where text.hasSuffix(unit.suffix) {
            let digits = text.dropLast(unit.suffix.count)
            guard isDigits(digits), let count = UInt64(digits) else { continue }
            let (product, overflow) = count.multipliedReportingOverflow(by: unit.milliseconds)
            return overflow ? nil : product
        }
        return nil
    }

    private static func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }
}

/// Finds what a misspelt name may have meant.
enum NearestNames {
    /// Up to three of the names that differ in few letters, nearest first; by name when
    /// equally near.
    static func of(_ name: String, among names: [String]) -> [String] {
        let wanted = letters(name)
        return
            names
            .map { (distance: distance(wanted, letters($0)), name: $0) }
            .filter { $0.distance <= max(2, wanted.count / 3) }
            .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
            .prefix(3).map(\.name)
    }

    /// So that "expiresAtMs" is near "expires_at_ms".
    private static func letters(_ name: String) -> [UInt8] {
        name.lowercased().utf8.prefix(64).filter { $0 != UInt8(ascii: "_") }
    }

    /// Insertions, deletions and substitutions between the two (Levenshtein).
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let substituted = diagonal + (x == y ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, diagonal + 1, row[j] + 1)
            }
        }
        return row[b.count]
    }
}
