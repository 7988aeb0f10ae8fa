/// Looks at the text of a page for what must not be there.
enum PageCheck {
    private static let empty: Set<String> = [
        "meta", "link", "input", "br", "img", "hr", "!doctype", "path", "circle", "rect",
    ]

    static func problems(of html: String) -> [String] {
        var problems: [String] = []
        if html.contains("{{") { problems.append("a tag of the template was left") }
        if html.contains(" style=") { problems.append("a style in an attribute") }
        if html.contains("<style") { problems.append("a style in the page") }
        if html.contains("javascript:") || html.contains(" onclick=") {
            problems.append("a script in an attribute")
        }
        var open: [String] = []
        var ids: Set<String> = []
        for tag in tags(html) {
            let name = String(
                tag.prefix { !$0.isWhitespace && $0 != "/" || $0 == "/" && tag.first == "/" }
            )
            .lowercased()
            if name.first == "/" {
                let top = open.popLast() ?? "nothing"
                if name.dropFirst() != top { problems.append("\(name) closes \(top)") }
                continue
            }
            problems += inside(tag, name, &ids)
            if !empty.contains(name), !tag.hasSuffix("/") { open.append(name) }
        }
        if !open.isEmpty { problems.append("left open: \(open)") }
        for label in values("for", in: html) where !ids.contains(label) {
            problems.append("a label for \(label), which is not there")
        }
        if html.components(separatedBy: "<h1").count != 2 { problems.append("not one h1") }
        return problems
    }

    private static func inside(_ tag: String, _ name: String, _ ids: inout Set<String>) -> [String]
    {
        var problems: [String] = []
        for id in values("id", in: tag) where !ids.insert(id).inserted {
            problems.append("id \(id) twice")
        }
        if name == "script", !tag.contains("src=\"/assets/") { problems.append("a script inline") }
        for address in values("src", in: tag) + values("href", in: tag)
        where !address.hasPrefix("/") && !address.hasPrefix("#") {
            problems.append("\(address) is elsewhere")
        }
        return problems
    }

    private static func tags(_ html: String) -> [String] {
        html.split(separator: "<").dropFirst(html.hasPrefix("<") ? 0 : 1).map { part in
            String(part.prefix { $0 != ">" })
        }
    }

    private static func values(_ attribute: String, in text: String) -> [String] {
        text.components(separatedBy: " \(attribute)=\"").dropFirst().map { part in
            String(part.prefix { $0 != "\"" })
        }
    }
}
