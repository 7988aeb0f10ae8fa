import Hummingbird
import NIOCore

/// For Prometheus.
struct MetricsRoutes {
    let context: ServerContext

    func add(to router: Router<KoinonRequestContext>) {
        router.get("/metrics") { _, _ in
            Answer.bytes(
                ByteBuffer(string: context.metrics.text(of: context.node)),
                type: "text/plain; version=0.0.4; charset=utf-8")
        }
    }
}
