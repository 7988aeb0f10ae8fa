import HTTPTypes
import Hummingbird

/// Shows people who look for a page that is not there, or failed, a page instead of JSON.
struct PageErrorMiddleware: RouterMiddleware {
    let renderer: PageRenderer

    func handle(
        _ request: Request, context: KoinonRequestContext,
        next: (Request, KoinonRequestContext) async throws -> Response
    ) async throws -> Response {
        let response = try await next(request, context)
        guard response.status.code >= 400, Self.isForPeople(request),
            response.headers[.contentType] == "application/problem+json"
        else { return response }
        let page = try renderer.page(request, context)
        let problem = Problem(
            status: response.status, code: "", title: page.texts("error.failed"),
            detail: response.status.reasonPhrase, remedy: page.texts("error.failed_remedy"))
        return try renderer.failure(problem, page)
    }

    private static func isForPeople(_ request: Request) -> Bool {
        request.method == .get && !request.uri.path.hasPrefix("/v1/")
            && (request.headers[.accept] ?? "").contains("text/html")
    }
}
