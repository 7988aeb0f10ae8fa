import HTTPTypes
import Hummingbird

/// Tells of problems: people, who ask for a page, by a page, programs as JSON.
struct ErrorPages {
    let renderer: PageRenderer

    /// - Throws: what is wrong with the page's template.
    func response(
        to problem: Problem, in request: Request, _ context: KoinonRequestContext
    ) throws -> Response {
        guard Self.isForPeople(request) else {
            return problem.response(requestID: context.requestID)
        }
        return try renderer.failure(problem, try renderer.page(request, context))
    }

    private static func isForPeople(_ request: Request) -> Bool {
        request.method == .get && !request.uri.path.hasPrefix("/v1/")
            && (request.headers[.accept] ?? "").contains("text/html")
    }
}
