import Foundation
import Mustache

/// Templates and texts, read once from the files inside the program.
struct PageLibrary: Sendable {
    private let templates: MustacheLibrary
    private let texts: [String: Texts]

    /// The one of this program. Its files are part of the program: a fault in them is a defect,
    /// and the tests load it too.
    static let shared: PageLibrary = {
        do { return try PageLibrary() } catch {
            preconditionFailure("the page's files cannot be read: \(error)")
        }
    }()

    /// - Throws: what is wrong with a file.
    init() throws {
        var library = MustacheLibrary()
        for path in WebFiles.paths where path.hasSuffix(".mustache") {
            let name = path.dropFirst("templates/".count).dropLast(".mustache".count)
            // The line end of a file is none of its content: parts stand inside sentences.
            var text = WebFiles.text(at: path) ?? ""
            if text.hasSuffix("\n") { text.removeLast() }
            try library.register(text, named: String(name))
        }
        templates = library
        texts = try Dictionary(
            uniqueKeysWithValues: Texts.languages.map { ($0, try Texts(language: $0)) })
    }

    func texts(_ language: String) throws -> Texts {
        guard let found = texts[language] else { throw PageFault("no texts in \(language)") }
        return found
    }

    /// - Throws: `PageFault` when there is no such template.
    func render(_ name: String, _ model: PageModel) throws -> String {
        guard let html = templates.render(model, withTemplate: name) else {
            throw PageFault("no template \(name)")
        }
        return html
    }
}

/// What a template is filled with: texts, lists and models by name.
typealias PageModel = [String: Any]
