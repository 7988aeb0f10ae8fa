import Foundation
import HTTPTypes
import Hummingbird
import KoinonNode
import KoinonProtocol
import NIOCore
import Synchronization

/// One request for a page: its words, and what every page shows around its own content.
struct PageRequest {
    let context: ServerContext
    let request: Request
    let query: Query
    let texts: Texts

    /// How the start of the page's own address is known to the reader.
    var host: String { request.head.authority ?? "localhost" }

    var origin: String {
        "\(context.configuration.tls == nil ? "http" : "https")://\(host)"
    }

    func look<Result: Sendable>(_ body: (ViewReader) throws -> Result) rethrows -> Result {
        try context.node.look(body)
    }

    /// Part of one of a page's lists: from where the address says on, else its beginning.
    ///
    /// - Parameters:
    ///   - name: the parameter of the address.
    ///   - astray: set where the address says a place from which this list does not go on.
    ///   - list: reads it from a position on; nil: from its beginning.
    func part<Row>(
        _ name: String, _ astray: inout Bool, _ list: (Int64?) throws -> ListPage<Row>
    ) rethrows -> ListPage<Row> {
        guard let text = query.text(name) else { return try list(nil) }
        if let position = SearchIndex.position(cursor: text) {
            let found = try list(position)
            if !found.isEnd { return found }
        }
        astray = true
        return try list(nil)
    }

    /// What leads on in one of a page's lists, and back to its beginning; nil where all of it
    /// is shown.
    ///
    /// - Parameters:
    ///   - path: of the page, without the parameter.
    ///   - name: the parameter of the address.
    ///   - next: its value for the next part; nil at the end.
    ///   - title: of the list, where the page has several.
    ///   - anchor: the list's heading, "#things" for instance.
    func more(
        _ path: String, _ name: String, _ next: (some CustomStringConvertible)?,
        of title: String? = nil, at anchor: String = ""
    ) -> PageModel? {
        let isLater = query.text(name) != nil
        guard next != nil || isLater else { return nil }
        var model: PageModel = [:]
        let mark = path.contains("?") ? "&" : "?"
        if let next { model["href"] = "\(path)\(mark)\(name)=\(next)\(anchor)" }
        if isLater { model["first"] = path + anchor }
        if let title { model["of"] = title }
        return model
    }
}

extension ListPage {
    /// Nothing is here, and nothing follows.
    var isEnd: Bool { rows.isEmpty && next == nil }
}

/// Hashes of content that a page would show and its node does not have.
final class MissingContent: Sendable {
    /// More are not asked for: a page must not load what somebody else makes it.
    private static let most = 48
    private let found = Mutex<Set<Hash256>>([])

    var hashes: Set<Hash256> { found.withLock { $0 } }

    func add(_ hash: Hash256) {
        found.withLock { if $0.count < Self.most { $0.insert(hash) } }
    }
}

/// Makes pages of models.
struct PageRenderer: Sendable {
    let context: ServerContext
    let library: PageLibrary
    /// Takes down what its pages would show and this node does not have.
    var missing: MissingContent?

    func page(_ request: Request, _ requestContext: KoinonRequestContext) throws -> PageRequest {
        PageRequest(
            context: context, request: request, query: Query(request, requestContext),
            texts: try library.texts(PageLanguage.of(request)))
    }

    /// - Parameter nav: which part of the main menu the page belongs to.
    func response(
        _ template: String, _ page: PageRequest, title: String, nav: String = "",
        status: HTTPResponse.Status = .ok, _ model: PageModel
    ) throws -> Response {
        let frame = frame(of: page, title: title, nav: nav)
        let html = try library.render(template, frame.merging(model) { _, own in own })
        return Self.response(html, type: "text/html; charset=utf-8", status: status)
    }

    static func response(
        _ text: String, type: String, status: HTTPResponse.Status = .ok
    ) -> Response {
        Answer.bytes(
            ByteBuffer(string: text), type: type, status: status,
            headers: [
                .cacheControl: "no-cache",
                .vary: "Accept-Language, Cookie",
            ])
    }

    /// What the head and the foot of each page need.
    private func frame(of page: PageRequest, title: String, nav: String) -> PageModel {
        let (height, time) = page.look { ($0.height.rawValue, TimeView($0.time)) }
        let back = page.request.uri.string
            .addingPercentEncoding(withAllowedCharacters: .alphanumerics)
        let others = Texts.languages.filter { $0 != page.texts.language }
        return [
            "t": page.texts.tree, "lang": page.texts.language, "title": title,
            "alliance": context.node.genesis.genesis.name, "chain": context.node.chain.hex,
            "member": context.joining?.member.rawValue ?? "", "height": String(height),
            "time": page.texts.time(time), "nav": [nav: true], "back": back ?? "",
            "languages": others.map { code -> PageModel in
                [
                    "code": code,
                    "name": (try? library.texts(code))?("site.language") ?? code,
                ]
            },
        ]
    }

    /// A problem as a page for people.
    func failure(_ problem: Problem, _ page: PageRequest) throws -> Response {
        let texts = page.texts
        var (title, detail) = (problem.title, problem.detail)
        var remedy: String? = problem.remedy
        if problem.status == .notFound {
            title = texts("error.not_found")
            detail = texts("error.not_found_detail")
            remedy = texts("error.not_found_remedy")
        } else if problem.status == .badRequest, let field = problem.field {
            // Pages that are asked for have no fields but those of their address.
            title = texts("error.bad_field")
            detail = texts("error.bad_field_detail", ["field": field])
            remedy = texts("error.bad_field_remedy")
        } else if let own = texts.problem(problem.code) {
            (title, detail, remedy) = (texts("fault.failed"), own, problem.field)
        }
        var model: PageModel = [
            "status": String(problem.status.code), "title": title, "detail": detail,
        ]
        if let remedy { model["remedy"] = remedy }
        var response = try response(
            "error", page, title: title, status: problem.status, model)
        response.headers.append(contentsOf: problem.headers)
        return response
    }
}
