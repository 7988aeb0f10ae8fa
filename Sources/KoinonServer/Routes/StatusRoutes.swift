import Hummingbird
import KoinonProtocol

/// What the chain is, and how far this node is.
struct StatusRoutes {
    let context: ServerContext

    func add(to router: Router<KoinonRequestContext>) {
        router.get("/v1/status") { _, _ in status() }
    }

    private func status() -> JSONValue {
        let node = context.node
        let (header, members) = context.replica.read { ($0.header, $0.members) }
        return [
            "height": .number(header.height.rawValue),
            "final_height": .number(node.finalHeight.rawValue),
            "time": .time(header.time), "now": .time(node.now),
            "chain": .string(node.chain.hex), "alliance": .string(node.genesis.genesis.name),
            "block_hash": .string(header.hash.hex), "state_root": .string(header.stateRoot.hex),
            "members": .number(members.members.count), "quorum": .number(members.quorum),
            "hosts": .array(node.hosted.map { .string($0.id.rawValue) }),
            "pool": .number(node.poolCount),
            "next_timer": context.replica.read { $0.nextTimer }.map { .time($0) } ?? .null,
        ]
    }
}

extension JSONValue {
    /// `{"ms": …, "text": "2026-01-01T00:00:00Z"}`.
    static func time(_ time: Timestamp) -> JSONValue {
        ["ms": .number(time.milliseconds), "text": .string(time.iso8601)]
    }
}
