import HTTPTypes
import Hummingbird

/// All routes of a node, behind what every request passes through.
public enum API {
    /// The router with every group of routes; a group is one line here.
    public static func router(_ context: ServerContext) -> Router<KoinonRequestContext> {
        router(context, Passage(context))
    }

    /// - Parameter passage: shared with those who answer without the router.
    static func router(
        _ context: ServerContext, _ passage: Passage
    ) -> Router<KoinonRequestContext> {
        let router = Router(
            context: KoinonRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.add(
            middleware: PassageMiddleware(
                passage: passage,
                errorPages: ErrorPages(
                    renderer: PageRenderer(context: context, library: .shared))))
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
        passage.table.fill(router.routes.map { ("\($0.method)", "\($0.path)") })
        return router
    }
}
