import HTTPTypes
import Hummingbird

/// All routes of a node, behind what every request passes through.
public enum API {
    /// The router with every group of routes; a group is one line here.
    public static func router(_ context: ServerContext) -> Router<KoinonRequestContext> {
        let router = Router(
            context: KoinonRequestContext.self, options: .autoGenerateHeadEndpoints)
        let table = RouteTable()
        let configuration = context.configuration
        router.add(
            middleware: ObservingMiddleware(metrics: context.metrics, logger: context.logger))
        router.add(middleware: SecurityMiddleware(isTLS: configuration.tls != nil))
        router.add(middleware: OriginMiddleware(allowed: configuration.allowedOrigins))
        router.add(
            middleware: PageErrorMiddleware(
                renderer: PageRenderer(context: context, library: .shared)))
        router.add(middleware: ProblemMiddleware(table: table, logger: context.logger))
        router.add(
            middleware: RateMiddleware(
                limiter: RateLimiter(
                    perSecond: configuration.limits.requestsPerSecond,
                    burst: configuration.limits.requestBurst), metrics: context.metrics))
        router.add(middleware: PoolMiddleware())
        HealthRoutes(context: context).add(to: router)
        StatusRoutes(context: context).add(to: router)
        ChainRoutes(context: context).add(to: router)
        ProofRoutes(context: context).add(to: router)
        TrustRoutes(context: context).add(to: router)
        SyncRoutes(context: context).add(to: router)
        SubmitRoutes(context: context).add(to: router)
        PrepareRoutes(context: context).add(to: router)
        TransactionRoutes(context: context).add(to: router)
        EventRoutes(context: context).add(to: router)
        MetricsRoutes(context: context).add(to: router)
        AccountReadingRoutes(context: context).add(to: router)
        ThingReadingRoutes(context: context).add(to: router)
        AllianceReadingRoutes(context: context).add(to: router)
        SearchRoutes(context: context).add(to: router)
        ContentRoutes(context: context).add(to: router)
        JoinRoutes(context: context).add(to: router)
        PageRoutes(context: context).add(to: router)
        AssetRoutes().add(to: router)
        DescriptionRoutes().add(to: router)
        table.fill(router.routes.map { ("\($0.method)", "\($0.path)") })
        return router
    }
}
