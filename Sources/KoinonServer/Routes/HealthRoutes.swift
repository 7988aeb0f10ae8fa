import HTTPTypes
import Hummingbird

/// For those who watch the process: does it live, should it get requests.
struct HealthRoutes {
    let context: ServerContext

    func add(to router: Router<KoinonRequestContext>) {
        router.get("/health/live") { _, _ in
            Answer.json(["status": "live"] as JSONValue)
        }
        router.get("/health/ready") { _, _ in
            let problem = context.unreadiness
            guard let problem else { return Answer.json(["status": "ready"] as JSONValue) }
            throw problem
        }
    }
}

extension ServerContext {
    /// Why requests should go elsewhere; nil when they should not.
    var unreadiness: Problem? {
        func unready(_ code: String, _ detail: String, _ remedy: String) -> Problem {
            Problem(
                status: .serviceUnavailable, code: code, title: "The node is not ready",
                detail: detail, remedy: remedy, retryAfter: 5)
        }
        if node.hasStopped {
            return unready("stopping", "the node is stopping", "use another node")
        }
        do {
            _ = try store.read { try $0.tip() }
        } catch {
            return unready(
                "storeFault", "the ledger cannot be read", "the node's operator sees why in its log"
            )
        }
        return nil
    }
}
