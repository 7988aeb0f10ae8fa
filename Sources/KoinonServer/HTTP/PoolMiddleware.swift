import HTTPTypes
import Hummingbird

/// Sends requests that may work for long to the threads that all tasks share; those that are
/// answered in microseconds, or answered by threads of their own, stay on the connection's.
struct PoolMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: KoinonRequestContext,
        next: (Request, KoinonRequestContext) async throws -> Response
    ) async throws -> Response {
        if Self.isQuick(request) { return try await next(request, context) }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) {
            try await next(request, context)
        }
    }

    /// A signed transaction in protobuf's form, whose signature takes 50 µs; and reading, but
    /// of content, which lies in files.
    static func isQuick(_ request: Request) -> Bool {
        switch request.method {
        case .get, .head: !request.uri.path.hasPrefix("/v1/content")
        case .post:
            request.uri.path == "/v1/transactions"
                && request.headers[.contentType] == "application/x-protobuf"
        default: false
        }
    }
}
