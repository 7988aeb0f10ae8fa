import HTTPTypes
import Hummingbird
import KoinonNode

/// What every request passes through on its way in and out.
///
/// Nothing here waits, so that a request which is answered without the router
/// (``DirectSubmission``) passes through the same.
struct Passage: Sendable {
    let origins: AllowedOrigins
    /// Filled by who knows the routes.
    let table: RouteTable
    private let observer: RequestObserver
    private let security: SecurityHeaders
    private let faults: FaultReporter
    private let limiter: RateLimiter
    private let metrics: ServerMetrics
    private let progress: ProgressBoard

    init(_ context: ServerContext) {
        let configuration = context.configuration
        metrics = context.metrics
        progress = context.node.progress
        observer = RequestObserver(metrics: metrics, logger: context.logger)
        security = SecurityHeaders(isTLS: configuration.tls != nil)
        origins = AllowedOrigins(allowed: configuration.allowedOrigins)
        table = RouteTable()
        faults = FaultReporter(table: table, logger: context.logger)
        limiter = RateLimiter(
            perSecond: configuration.limits.requestsPerSecond,
            burst: configuration.limits.requestBurst)
    }

    /// Comes first: the context's name of the request is in whatever is said of it.
    func name(_ request: Request, _ context: inout KoinonRequestContext) {
        observer.name(request, &context)
    }

    /// - Throws: what a client is told that asks more often than is allowed.
    func admit(_ request: Request, _ context: KoinonRequestContext) throws(Problem) {
        do { try limiter.admit(request, from: context.client) } catch {
            metrics.requestsTurnedAway.add(1, ordering: .relaxed)
            throw error
        }
    }

    /// What the client is told of a request that failed.
    func problem(
        of error: any Error, in request: Request, _ context: KoinonRequestContext
    ) -> Problem {
        faults.problem(of: error, in: request, context)
    }

    /// How far the chain is, for what a request that reads the ledger may not find; nil for one
    /// that reads something else.
    ///
    /// Asked before the route looks: what the chain gets meanwhile may be there already.
    func progress(for request: Request) -> ChainProgress? {
        let path = request.uri.path
        let reads = request.method == .get || request.method == .head
        // Content is not on the ledger.
        guard reads, path.hasPrefix("/v1/"), !path.hasPrefix("/v1/content/") else { return nil }
        return progress.current
    }

    /// Comes last: adds what every answer says, and counts it.
    func complete(
        _ head: inout HTTPResponse, to request: Request, _ context: KoinonRequestContext,
        since start: ContinuousClock.Instant
    ) {
        origins.add(to: &head.headerFields, for: request)
        security.add(to: &head.headerFields)
        observer.note(&head, to: request, context, since: start)
    }
}

/// Leads requests through the ``Passage`` to the router's routes.
struct PassageMiddleware: RouterMiddleware {
    let passage: Passage
    let errorPages: ErrorPages

    func handle(
        _ request: Request, context: KoinonRequestContext,
        next: (Request, KoinonRequestContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        var context = context
        passage.name(request, &context)
        let progress = passage.progress(for: request)
        var response: Response
        do {
            if let preflight = passage.origins.preflight(request) {
                response = preflight
            } else {
                try passage.admit(request, context)
                if let route = context.endpointPath {
                    try QueryNames.check(request.uri, at: route)
                }
                response = try await next(request, context)
            }
        } catch {
            var problem = passage.problem(of: error, in: request, context)
            if problem.code == "notFound" { problem.absentAt = progress }
            response = try errorPages.response(to: problem, in: request, context)
        }
        passage.complete(&response.head, to: request, context, since: start)
        return response
    }
}
