import HTTPTypes
import Hummingbird
import Logging

/// Turns what a route throws, and paths and methods that are not there, into problem details.
struct FaultReporter {
    let table: RouteTable
    let logger: Logger

    /// What the client is told; what is the node's own fault goes into the log.
    func problem(
        of error: any Error, in request: Request, _ context: KoinonRequestContext
    ) -> Problem {
        let problem = problem(of: error, request)
        if problem.status.code >= 500 {
            logger.error(
                "a request failed",
                metadata: [
                    "request_id": "\(context.requestID)", "path": "\(request.loggedPath)",
                    "error": "\(error)",
                ])
        }
        return problem
    }

    private func problem(of error: any Error, _ request: Request) -> Problem {
        guard let error = error as? HTTPError, error.status == .notFound else {
            return Problem(error)
        }
        let methods = table.methods(at: request.uri.path)
        guard !methods.isEmpty, !methods.contains(request.method.rawValue) else {
            return Problem(error)
        }
        var problem = Problem(
            status: .methodNotAllowed, code: "methodNotAllowed",
            title: "The path takes other methods",
            detail: "\(request.method.rawValue) \(request.uri.path)",
            remedy: "use \(methods.joined(separator: " or "))")
        problem.allow = methods
        return problem
    }
}
