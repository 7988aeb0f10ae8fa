import KoinonProtocol

/// What people type, as FTS5 understands it. Nothing of it reaches FTS5 but letters and
/// digits within quotes.
package struct SearchText: Equatable, Sendable {
    /// In the order typed; at most ``maximumWords``.
    package let words: [String]

    package static let maximumBytes = 256
    package static let maximumWords = 8

    /// Nil when there is no word in it.
    package init?(_ text: String) {
        // Not by characters, as people see them: some letters take a quote behind them along.
        let words = text.unicodeScalars.split { !Self.isOfWord($0) }
            .prefix(Self.maximumWords).map { String(String($0).prefix(32)) }
        guard !words.isEmpty else { return nil }
        self.words = words
    }

    /// Letters, digits, and the marks that stand with them.
    private static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.properties.isAlphabetic || scalar.properties.numericType != nil { return true }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: return true
        default: return false
        }
    }

    /// All words, the last one also as the beginning of one if it has three letters.
    package var expression: String {
        words.enumerated().map { index, word in
            let isOpen = index == words.count - 1 && word.count >= 3
            return "\"\(word)\"\(isOpen ? " *" : "")"
        }.joined(separator: " AND ")
    }

    /// Offers with all words in the title.
    func inTitle(facets: [String]) -> String {
        Self.and("{title} : (\(expression))", facets)
    }

    /// Offers with all words somewhere, but not all of them in the title.
    func beyondTitle(facets: [String]) -> String {
        Self.and("({title words} : (\(expression)) NOT {title} : (\(expression)))", facets)
    }

    /// Offers with all words somewhere.
    func anywhere(facets: [String]) -> String {
        Self.and("{title words} : (\(expression))", facets)
    }

    private static func and(_ expression: String, _ facets: [String]) -> String {
        facets.reduce("(\(expression))") { "\($0) AND {facet} : \"\($1)\"" }
    }

    // MARK: Facets

    /// Words of their own for what is chosen from lists, so that FTS5 can pass over what has
    /// another kind without looking at it.
    static func facets(kind: String, unit: String, process: String, platform: String) -> String {
        [facet("k", kind), facet("u", unit), facet("p", process), facet("m", platform)]
            .joined(separator: " ")
    }

    /// In hexadecimal: a slug may hold what separates words.
    static func facet(_ letter: String, _ slug: String) -> String {
        letter + Hex.encode(slug.utf8)
    }
}
