import HTTPTypes
import Hummingbird

/// Shows people who look for a page that is not there, or failed, a page instead of JSON.
struct ErrorPages {
    let renderer: PageRenderer

    /// The page instead of problem details; any other answer as it is.
    ///
    /// - Throws: what is wrong with the page's template.
    func shown(
        _ response: Response, to request: Request, _ context: KoinonRequestContext
    ) throws -> Response {
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
