import KoinonProtocol

/// What people type, as FTS5 understands it. Nothing of it reaches FTS5 but letters and
/// digits within quotes.
struct SearchText: Equatable, Sendable {
    /// In the order typed; at most ``maximumWords``.
    let words: [String]

    static let maximumBytes = 256
    static let maximumWords = 8

    /// Nil when there is no word in it.
    init?(_ text: String) {
        let words = text.split { !($0.isLetter || $0.isNumber) }
            .prefix(Self.maximumWords).map { String($0.prefix(32)) }
        guard !words.isEmpty else { return nil }
        self.words = words
    }

    /// All words, the last one also as the beginning of one if it has three letters.
    var expression: String {
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
