import HTTPTypes
import Hummingbird
import KoinonNode
import KoinonProtocol
import NIOCore

extension ServerContext {
    /// Asks other nodes for content.
    ///
    /// - Parameter patience: after which it waits no longer; what is under way goes on.
    /// - Returns: whether something came.
    fileprivate func fetch(_ hashes: Set<Hash256>, within patience: Duration) async -> Bool {
        guard !hashes.isEmpty, contentFetcher != nil else { return false }
        let (end, ending) = AsyncStream<Void>.makeStream()
        Task {
            await withTaskGroup { group in
                for hash in hashes { group.addTask { _ = try? await findContent(hash) } }
            }
            ending.finish()
        }
        await withTaskGroup { group in
            group.addTask { for await _ in end {} }
            group.addTask { try? await Task.sleep(for: patience) }
            _ = await group.next()
            group.cancelAll()
        }
        return hashes.contains { content?.has($0) == true }
    }
}

/// The web page: for people who lend and borrow, and for those who check.
struct PageRoutes {
    let renderer: PageRenderer

    init(context: ServerContext) {
        renderer = PageRenderer(context: context, library: .shared)
    }

    func add(to router: Router<KoinonRequestContext>) {
        page(router, "/") { try $0.start($1) }
        page(router, "/find") { try $0.find($1) }
        page(router, "/offer/{id}") { try $0.offer($1) }
        page(router, "/requests") { try $0.requests($1) }
        page(router, "/request/{id}") { try $0.request($1) }
        page(router, "/book/{id}") { try $0.book($1) }
        page(router, "/resource/{id}") { try $0.resource($1) }
        page(router, "/agreement/{id}") { try $0.agreement($1) }
        page(router, "/account") { try $0.mine($1) }
        page(router, "/account/{id}") { try $0.account($1) }
        page(router, "/account/{id}/bookings.ics") { try $0.bookings($1) }
        page(router, "/share") { try $0.share($1) }
        page(router, "/alliance") { try $0.alliance($1) }
        page(router, "/explorer") { try $0.explorer($1) }
        page(router, "/explorer/block/{height}") { try $0.block($1) }
        page(router, "/explorer/transaction/{id}") { try $0.transaction($1) }
        page(router, "/explorer/state/{key}") { try $0.state($1) }
        page(router, "/check") { try $0.check($1) }
        page(router, "/help") { try $0.help($1) }
        page(router, "/lookup") { try $0.lookup($1) }
        page(router, "/s/{id}") { try $0.short($1) }
        router.get("/language") { request, requestContext in
            language(Query(request, requestContext))
        }
    }

    private func page(
        _ router: Router<KoinonRequestContext>, _ path: RouterPath,
        _ make: @escaping @Sendable (PageRenderer, PageRequest) throws -> Response
    ) {
        router.get(path) { request, requestContext in
            @Sendable func made(by renderer: PageRenderer) async throws -> Response {
                try await OwnThread.run {
                    let page = try renderer.page(request, requestContext)
                    do { return try make(renderer, page) } catch let problem as Problem {
                        return try renderer.failure(problem, page)
                    }
                }
            }
            let missing = MissingContent()
            var noting = renderer
            noting.missing = missing
            let response = try await made(by: noting)
            guard await renderer.context.fetch(missing.hashes, within: Self.patience) else {
                return response
            }
            return try await made(by: renderer)
        }
    }

    /// As long a page waits for what other nodes have; what comes later is there the next time.
    private static let patience = Duration.seconds(1)

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
