import Hummingbird
import NIOCore

/// For Prometheus.
struct MetricsRoutes {
    let context: ServerContext

    func add(to router: Router<KoinonRequestContext>) {
        router.getApart("/metrics") { _, _ in
            Answer.bytes(
                ByteBuffer(string: try context.metrics.text(of: context)),
                type: "text/plain; version=0.0.4; charset=utf-8")
        }
    }
}
