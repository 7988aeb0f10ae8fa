import Hummingbird

/// In which language a reader gets pages.
enum PageLanguage {
    static let cookie = "koinon_language"

    /// What the address names, as that of a calendar does, or the reader's choice, or the first
    /// language of its list that there is, or English.
    static func of(_ request: Request) -> String {
        let chosen = [
            request.uri.queryParameters["language"].map { String($0) },
            request.cookies[cookie]?.value,
        ]
        return chosen.compactMap { $0 }.first { Texts.languages.contains($0) }
            ?? preferred(request.headers[.acceptLanguage] ?? "")
    }

    /// From a header like "de-AT,de;q=0.9,en;q=0.5"; of equal weights the first counts.
    static func preferred(_ header: String) -> String {
        var best = (language: Texts.languages[0], weight: 0.0)
        for part in header.prefix(500).split(separator: ",") {
            let pieces = part.split(separator: ";")
            guard let tag = pieces.first?.filter({ $0 != " " }).lowercased() else { continue }
            let language = String(tag.prefix { $0 != "-" })
            let given = pieces.dropFirst().first { $0.contains("q=") }
            let weight = given.map { Double($0.filter { $0 != " " }.dropFirst(2)) ?? 0 } ?? 1
            if weight > best.weight, Texts.languages.contains(language) {
                best = (language, weight)
            }
        }
        return best.language
    }

    /// Where to go back to after the choice: a path of this node and nothing else.
    static func safePath(_ text: String?) -> String {
        guard let text, text.hasPrefix("/"), !text.hasPrefix("//"), !text.contains("\\"),
            text.utf8.count <= 2_000, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { return "/" }
        return text
    }
}
