import Foundation
import Mustache

/// The words of the page in one language, from `Web/texts/LANGUAGE.json`.
///
/// Templates read them as `{{t.find.title}}`, code by the same key.
struct Texts: Sendable {
    /// A branch has texts below it; templates see texts as they are.
    enum Tree: Sendable, Decodable, MustacheParent {
        case text(String)
        case branch([String: Tree])
        case list([Tree])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let list = try? container.decode([Tree].self) {
                self = .list(list)
            } else {
                self = .branch(try container.decode([String: Tree].self))
            }
        }

        func child(named name: String) -> Any? {
            guard case .branch(let branch) = self, let child = branch[name] else { return nil }
            return child.value
        }

        /// As templates take it.
        var value: Any {
            switch self {
            case .text(let text): text
            case .branch: self
            case .list(let list): list.map(\.value)
            }
        }
    }

    let language: String
    let tree: Tree
    /// What the ledger says in English, in this language; nothing for English itself.
    private let words: LedgerWords

    /// The languages there are texts for; the first is for readers who name none of them.
    static let languages = ["en", "de"]

    /// - Throws: what is wrong with the file, which is part of the program.
    init(language: String) throws {
        self.language = language
        guard let data = WebFiles.bytes(at: "texts/\(language).json") else {
            throw PageFault("texts/\(language).json is not in the program")
        }
        tree = try JSONDecoder().decode(Tree.self, from: data)
        words = try LedgerWords(language: language)
    }

    /// A title of a process, a state or a term; another alliance's own stay as they are.
    func ledger(_ title: String) -> String { words.titles[title] ?? title }

    /// What the sender of a rejected action can do.
    func remedy(_ code: UInt32, _ english: String) -> String {
        words.rejections[String(code)] ?? english
    }

    /// An event's name in words.
    func event(_ name: String) -> String {
        words.events[name] ?? name.replacing("_", with: " ")
    }

    /// What a problem of the interface means; nil where its own English words are to be shown.
    func problem(_ code: String) -> String? { words.problems[code] }

    /// The text under a key such as "find.title", with each `{name}` replaced; nil when there
    /// is none.
    ///
    /// Of a text with several forms, "map.alt" for instance, it is the one for the value "count".
    func find(_ key: String, _ values: KeyValuePairs<String, String> = [:]) -> String? {
        var found = place(key)
        if case .branch(let forms) = found {
            found = forms[form(for: values.first { $0.key == "count" }?.value ?? "")]
        }
        guard case .text(var text) = found else { return nil }
        for (name, value) in values {
            text = text.replacing("{\(name)}", with: value)
        }
        return text
    }

    private func place(_ key: String) -> Tree? {
        var place: Tree? = tree
        for part in key.split(separator: ".") {
            guard case .branch(let branch) = place else { return nil }
            place = branch[String(part)]
        }
        return place
    }

    /// The form whose pattern under "number.plural" is that of the count's digits, else "other".
    private func form(for count: String) -> String {
        guard case .branch(let forms) = place("number.plural") else { return "other" }
        for case (let name, .text(let digits)) in forms
        where (try? Regex(digits).wholeMatch(in: count)) != nil {
            return name
        }
        return "other"
    }

    /// As ``find(_:_:)``; a key without text shows as itself.
    func callAsFunction(
        _ key: String, _ values: KeyValuePairs<String, String> = [:]
    ) -> String {
        find(key, values) ?? key
    }
}

/// Words that stand in the rules and the rejections of the ledger, in one more language:
/// `Web/texts/ledger/LANGUAGE.json`.
struct LedgerWords: Sendable, Decodable {
    /// By the English title.
    var titles: [String: String] = [:]
    /// Remedies by the rejection's code.
    var rejections: [String: String] = [:]
    /// What happened, by the event's name.
    var events: [String: String] = [:]
    /// Remedies by the reason for which a block ignores a transaction.
    var ignored: [String: String] = [:]
    /// What a problem of the interface says, by its code.
    var problems: [String: String] = [:]

    /// Without a file the English words stay.
    ///
    /// - Throws: what is wrong with the file.
    init(language: String) throws {
        guard let data = WebFiles.bytes(at: "texts/ledger/\(language).json") else { return }
        self = try JSONDecoder().decode(LedgerWords.self, from: data)
    }
}

/// A defect of the page's own files; a test finds it before anybody else does.
struct PageFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
