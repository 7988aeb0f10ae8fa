import Foundation
import KoinonProtocol
import Testing

@testable import KoinonEtcd
@testable import KoinonNode

/// Between the node and etcd stands something that errs or lies.
@Suite("order from a server that lies", .needsEtcd, .timeLimit(.minutes(30)))
struct LyingServerTests {
    /// Alfa's node knows only the lying server, and perhaps the true one behind it.
    private func engine(
        _ servers: EtcdServers, at endpoints: [String]
    ) throws -> EtcdEngine {
        var address = servers.address(of: "alfa")
        address.endpoints = endpoints
        return try EtcdEngine(
            address, folder: servers.folder, chain: servers.chain, epoch: 0,
            authors: [try #require(MemberID(rawValue: "alfa"))], logger: .silent)
    }

    @Test(
        "is the same when changes are told twice, from the past, or not at all",
        arguments: [
            LyingServer.Lies(repeatsEvents: true), LyingServer.Lies(isSilent: true),
        ])
    func events(lies: LyingServer.Lies) async throws {
        let servers = try await EtcdServers.start()
        let relay = try LyingServer(before: servers, as: "alfa")
        relay.lie { $0 = lies }
        try await relay.serving(servers) { endpoint in
            let bravo = try servers.engine(of: "bravo")
            let alfa = try engine(servers, at: [endpoint])
            defer { for engine in [alfa, bravo] { engine.stop(NodeStopped()) } }
            var live = alfa.entries().makeAsyncIterator()
            var seen: [String] = []
            for sequence in 1...5 as ClosedRange<UInt64> {
                try await alfa.append([try servers.entry("alfa", sequence)]).durable()
                try await bravo.append([try servers.entry("bravo", sequence)]).durable()
                seen += try await EtcdEngine.next(2, of: &live).map(\.place)
            }
            #expect(seen == (1...5).flatMap { ["alfa \($0)", "bravo \($0)"] })
            #expect(alfa.report.gaps == 0)
        }
    }

    @Test("waits for what a stale answer does not show")
    func stale() async throws {
        let servers = try await EtcdServers.start()
        let relay = try LyingServer(before: servers, as: "alfa")
        try await relay.serving(servers) { endpoint in
            let alfa = try engine(servers, at: [endpoint])
            defer { alfa.stop(NodeStopped()) }
            var live = alfa.entries().makeAsyncIterator()
            try await alfa.append([try servers.entry("alfa", 1)]).durable()
            var seen = try await EtcdEngine.next(1, of: &live)
            relay.lie { $0.staleAnswers = 2 }
            try await alfa.append([try servers.entry("alfa", 2)]).durable()
            seen += try await EtcdEngine.next(1, of: &live)
            #expect(seen.map(\.place) == ["alfa 1", "alfa 2"])
        }
    }

    @Test("is asked for at another server when an entry is hidden, or told as a gap")
    func hidden() async throws {
        let servers = try await EtcdServers.start()
        let relay = try LyingServer(before: servers, as: "alfa")
        let writer = try servers.engine(of: "bravo")
        defer { writer.stop(NodeStopped()) }
        for sequence in 1...3 as ClosedRange<UInt64> {
            try await writer.append([try servers.entry("bravo", sequence)]).durable()
        }
        let second = servers.keys.key("bravo", 2)
        relay.lie { $0.hides = { $0 == second } }
        try await relay.serving(servers) { endpoint in
            let careful = try engine(servers, at: [endpoint] + servers.endpoints)
            defer { careful.stop(NodeStopped()) }
            #expect(try await careful.first(3) == ["bravo 1", "bravo 2", "bravo 3"])
            #expect(careful.report.gaps == 0)
            let fooled = try engine(servers, at: [endpoint])
            defer { fooled.stop(NodeStopped()) }
            #expect(try await fooled.first(2) == ["bravo 1", "bravo 3"])
            #expect(fooled.report.gaps == 1)
        }
    }

    /// A test that fails in the middle leaves a server to which clients speak.
    @Test("ends with a test's own error while it is spoken to")
    func failing() async throws {
        struct Failure: Error {}
        let servers = try await EtcdServers.start()
        let relay = try LyingServer(before: servers, as: "alfa")
        var request = EtcdRangeRequest()
        request.key = Data(servers.keys.marks)
        var watch = EtcdWatchRequest()
        watch.createRequest.key = request.key
        var left: [(client: EtcdClient, callers: [Task<Void, Never>])] = []
        for _ in 1...5 {
            await #expect(throws: Failure.self) {
                try await relay.serving(servers) { endpoint in
                    var address = servers.address(of: "alfa")
                    address.endpoints = [endpoint]
                    let client = try EtcdClient(address, folder: servers.folder)
                    _ = try await client.call(.range, request)
                    let watcher = Task { [watch] in
                        _ = try? await client.connection.watch(watch) { _ in }
                    }
                    let callers = (1...8).map { _ in
                        Task { [request] in
                            while (try? await client.connection.call(
                                .range, request, within: .seconds(60))) != nil
                            {}
                        }
                    }
                    left.append((client, [watcher] + callers))
                    for _ in 1...20 { _ = try await client.call(.range, request) }
                    throw Failure()
                }
            }
        }
        // Nobody answers them any more.
        for (client, callers) in left {
            for caller in callers { await caller.value }
            client.close()
        }
    }
}
