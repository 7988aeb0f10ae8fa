import HTTPTypes
import Hummingbird
import NIOCore

/// The web page: for people who lend and borrow, and for those who check.
struct PageRoutes {
    let renderer: PageRenderer

    init(context: ServerContext) {
        renderer = PageRenderer(context: context, library: .shared)
    }

    func add(to router: Router<KoinonRequestContext>) {
        page(router, "/") { try renderer.start($0) }
        page(router, "/find") { try renderer.find($0) }
        page(router, "/offer/{id}") { try renderer.offer($0) }
        page(router, "/requests") { try renderer.requests($0) }
        page(router, "/request/{id}") { try renderer.request($0) }
        page(router, "/book/{id}") { try renderer.book($0) }
        page(router, "/resource/{id}") { try renderer.resource($0) }
        page(router, "/agreement/{id}") { try renderer.agreement($0) }
        page(router, "/account") { try renderer.mine($0) }
        page(router, "/account/{id}") { try renderer.account($0) }
        page(router, "/account/{id}/bookings.ics") { try renderer.bookings($0) }
        page(router, "/share") { try renderer.share($0) }
        page(router, "/alliance") { try renderer.alliance($0) }
        page(router, "/explorer") { try renderer.explorer($0) }
        page(router, "/explorer/block/{height}") { try renderer.block($0) }
        page(router, "/explorer/transaction/{id}") { try renderer.transaction($0) }
        page(router, "/explorer/state/{key}") { try renderer.state($0) }
        page(router, "/check") { try renderer.check($0) }
        page(router, "/help") { try renderer.help($0) }
        page(router, "/lookup") { try renderer.lookup($0) }
        page(router, "/s/{id}") { try renderer.short($0) }
        router.get("/language") { request, requestContext in
            language(Query(request, requestContext))
        }
    }

    private func page(
        _ router: Router<KoinonRequestContext>, _ path: RouterPath,
        _ make: @escaping @Sendable (PageRequest) throws -> Response
    ) {
        router.getApart(path) { request, requestContext in
            let page = try renderer.page(request, requestContext)
            do {
                return try make(page)
            } catch let problem as Problem {
                return try renderer.failure(problem, page)
            }
        }
    }

    /// The reader's choice, kept for a year.
    private func language(_ query: Query) -> Response {
        let back = PageLanguage.safePath(query.text("back"))
        var response = Response.redirect(to: back, type: .normal)
        guard let language = query.text("to"), Texts.languages.contains(language) else {
            return response
        }
        response.headers[.setCookie] =
            "\(PageLanguage.cookie)=\(language); Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly"
        return response
    }
}
