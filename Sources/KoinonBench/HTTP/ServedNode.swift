import KoinonClient
import KoinonNode
import KoinonServer
import Logging
import ServiceLifecycle

/// A node with its HTTP service in this process, on a free port and without limits on clients.
final class ServedNode: Sendable {
    let node: Node
    let port: Int
    /// Nil without one.
    let index: SearchIndex?
    private let group: ServiceGroup
    private let running: Task<Void, any Error>

    /// - Parameter hasIndex: whether searches, lists and pages are answered too.
    init(_ home: NodeHome, hasIndex: Bool = false) async throws {
        let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let node = try Node(home: home, logger: logger)
        self.node = node
        var configuration = ServerConfiguration()
        configuration.port = 0
        configuration.limits.requestsPerSecond = 0
        configuration.limits.connections = 0
        configuration.limits.connectionsPerAddress = 0
        var context = ServerContext(node: node, configuration: configuration, logger: logger)
        index = hasIndex ? try context.open(home.directory) : nil
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let service = try HTTPService(context) { port in listening.yield(port) }
        var services: [any Service] = [node]
        if let index { services.append(index) }
        services.append(service)
        let group = ServiceGroup(
            configuration: .init(
                services: services.map {
                    ServiceGroupConfiguration.ServiceConfiguration(service: $0)
                },
                logger: logger))
        self.group = group
        running = Task { try await group.run() }
        guard let port = await ports.first(where: { _ in true }) else {
            throw BenchFault("the node did not begin to serve")
        }
        self.port = port
    }

    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await running.value
        try node.store.close()
    }

    /// Returns once the index has every block that there is now.
    func untilIndexed(_ progress: (_ done: Int, _ of: Int) -> Void) async throws {
        guard let index else { return }
        let goal = node.progress.current.height.rawValue
        while true {
            let height = try index.height()
            progress(Int(height), Int(goal))
            if height >= goal { return }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
