import Foundation
import Hummingbird
import HummingbirdTesting
import KoinonClient
import KoinonLedger
import KoinonNode
import KoinonProtocol
import NIOCore
import Synchronization
import Testing

@testable import KoinonServer
@testable import TestNodes

@Suite("The stream of events")
struct EventStreamTests {
    /// A reader in this process, which stalls as long as its gate is shut.
    final class Reader: ResponseBodyWriter, @unchecked Sendable {
        // Written to by one task; read once that has ended, or through the lock.
        private let text = Mutex("")
        private let gate: Gate?

        init(gate: Gate? = nil) { self.gate = gate }

        func write(_ buffer: ByteBuffer) async throws {
            if let gate { await gate.pass() }
            text.withLock { $0 += String(buffer: buffer) }
        }

        func finish(_ trailingHeaders: HTTPFields?) async throws {}

        var ids: [String] { text.withLock { EventStreamTests.eventIDs($0) } }

        var lastID: String? { text.withLock { EventStreamTests.lastID($0) } }
    }

    /// Shut until it is opened.
    final class Gate: Sendable {
        private let state = Mutex((isOpen: false, waiting: [CheckedContinuation<Void, Never>]()))

        func pass() async {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if !state.isOpen { state.waiting.append(continuation) }
                    return state.isOpen
                }
                if isOpen { continuation.resume() }
            }
        }

        func open() {
            let waiting = state.withLock { state in
                state.isOpen = true
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    /// Of the events in the text of a stream; ids without an event are heights.
    private static func eventIDs(_ text: String) -> [String] {
        text.matches(of: #/id: ([0-9.]+)\ndata: /#).map { String($0.1) }
    }

    /// What a browser would come back with.
    private static func lastID(_ text: String) -> String? {
        text.matches(of: #/id: ([0-9.]+)\n/#).last.map { String($0.1) }
    }

    private static func stream(
        _ served: Served, _ blocks: EventBlocks, from height: UInt64, until end: UInt64? = nil,
        filter: EventFilter = EventFilter()
    ) -> EventStream {
        EventStream(
            blocks: blocks, progress: served.node.progress, filter: filter,
            start: EventPosition(height: Height(height)), end: end.map { Height($0) },
            metrics: served.context.metrics)
    }

    private static func allIDs(_ node: Node) throws -> [String] {
        try node.store.read { reader in
            try (0...node.progress.current.height.rawValue).flatMap { height in
                try reader.events(ofBlock: Height(height)).map {
                    "\(height).\($0.leaf).\($0.index)"
                }
            }
        }
    }

    @Test func `brings every event once, in order, with its place`() async throws {
        try await Served.with { served in
            let world = try await LeaseWorld(on: served.node, of: served.home)
            try await world.finish(try await world.start(on: served.node), on: served.node)
            let end = served.node.progress.current.height
            let answer = try await served.get("/v1/events?from=0&until=\(end)")
            #expect(answer.headers[.contentType] == "text/event-stream")
            let events = Self.eventIDs(answer.text)
            #expect(try events == Self.allIDs(served.node))
            #expect(events.count > 10)
        }
    }

    @Test func `goes on behind any event without a gap`() async throws {
        try await Served.with { served in
            _ = try await LeaseWorld(on: served.node, of: served.home)
            let all = try Self.allIDs(served.node)
            let end = served.node.progress.current.height
            for (place, id) in all.enumerated() {
                let answer = try await served.get(
                    "/v1/events?until=\(end)", headers: [.lastEventID: id])
                #expect(Self.eventIDs(answer.text) == Array(all[(place + 1)...]))
            }
            for height in 0...end.rawValue {
                let answer = try await served.get(
                    "/v1/events?until=\(end)", headers: [.lastEventID: "\(height)"])
                let rest = try all.filter {
                    try #require(EventPosition($0)).height > Height(height)
                }
                #expect(Self.eventIDs(answer.text) == rest)
            }
            for text in ["x", "1.2", "-1", "1.0.0.0", "1.0.x", "9223372036854775807"] {
                let bad = try await served.get("/v1/events?until=0&last_event_id=\(text)")
                #expect(try bad.json["field"] as? String == "Last-Event-ID", "\(text)")
            }
        }
    }

    @Test func `misses nothing for a reader that comes back before its first event`() async throws {
        try await Served.with { served in
            let world = try await LeaseWorld(on: served.node, of: served.home)
            let begun = served.node.progress.current.height
            // The stream's first lines, as if the connection had ended behind them.
            let first = try await served.get("/v1/events?until=\(begun)&module=resources")
            #expect(Self.eventIDs(first.text).isEmpty)
            let id = try #require(Self.lastID(first.text))
            for round in 0..<3 {
                _ = try await world.alfa.send(
                    .registerKind("kind-\(round)", title: "A kind"), to: served.node)
            }
            let end = served.node.progress.current.height
            let second = try await served.get(
                "/v1/events?until=\(end)&module=resources", headers: [.lastEventID: id])
            let missed = try Self.allIDs(served.node)
                .filter { try #require(EventPosition($0)).height > begun }
            #expect(missed.count == 3 && Self.eventIDs(second.text) == missed)
        }
    }

    @Test func `tells a reader without events how far it has come`() async throws {
        try await Served.with { served in
            var filter = EventFilter()
            filter.modules = ["money"]
            let stream = Self.stream(
                served, EventBlocks(store: served.node.store), from: 1, filter: filter)
            let reader = Reader()
            async let running: Void = {
                var writer: any ResponseBodyWriter = reader
                try await stream.run(&writer)
            }()
            let alfa = served.home.member("alfa")
            for round in 0..<3 {
                _ = try await alfa.send(
                    .registerKind("kind-\(round)", title: "A kind"), to: served.node)
            }
            let end = served.node.progress.current.height
            let deadline = ContinuousClock.now + .seconds(60)
            while reader.lastID != "\(end)" {
                try #require(ContinuousClock.now < deadline, "\(reader.lastID ?? "no id")")
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(reader.ids.isEmpty)
            stream.stop()
            try await running
        }
    }

    @Test func `is filtered by module and by what events name`() async throws {
        try await Served.with { served in
            let world = try await LeaseWorld(on: served.node, of: served.home)
            let agreement = try await world.start(on: served.node)
            let end = served.node.progress.current.height
            func lines(_ query: String) async throws -> [Substring] {
                try await served.get("/v1/events?from=0&until=\(end)&\(query)").text
                    .split(separator: "\n").filter { $0.hasPrefix("data: ") }
            }
            let all = try await lines("")
            let money = try await lines("module=money")
            #expect(!money.isEmpty && money.count < all.count)
            #expect(money == all.filter { $0.contains("\"event\":{\"money\":") })
            let two = try await lines("module=money,market")
            #expect(two.count > money.count)
            let (bea, bike) = (world.bea.account.text, world.resource.text)
            for (name, id) in [("agreement", agreement.text), ("account", bea), ("resource", bike)]
            {
                let own = try await lines("\(name)=\(id)")
                #expect(!own.isEmpty && own.count < all.count, "\(name)")
                #expect(own == all.filter { $0.contains(id) }, "\(name)")
            }
            let both = try await lines("account=\(bea)&resource=\(bike)")
            #expect(both == all.filter { $0.contains(bea) && $0.contains(bike) })
            let bad = try await served.get("/v1/events?account=nobody")
            #expect(try bad.json["field"] as? String == "account")
        }
    }

    @Test func `begins behind the last block, unless it is told where`() async throws {
        try await Served.with { served in
            _ = try await LeaseWorld(on: served.node, of: served.home)
            let end = served.node.progress.current.height
            let now = try await served.get("/v1/events?until=\(end)")
            #expect(now.status == .ok && Self.eventIDs(now.text).isEmpty)
            #expect(Self.lastID(now.text) == "\(end)")
            #expect(now.headers[.koinonHeight] == "\(end)")
            let final = try #require(now.headers[.koinonFinalHeight].flatMap { UInt64($0) })
            #expect(final <= end.rawValue)
            let last = try await served.get("/v1/events?from=\(end)&until=\(end)")
            let ids = Self.eventIDs(last.text)
            #expect(!ids.isEmpty && ids.allSatisfy { $0.hasPrefix("\(end).") })
        }
    }

    @Test func `has a bounded number of readers, and tells the next one when to come again`()
        async throws
    {
        try await Served.with { served in
            let most = served.context.configuration.limits.eventStreams
            served.context.metrics.openEventStreams.add(most - 1, ordering: .relaxed)
            #expect(try await served.get("/v1/events?from=0&until=0").status == .ok)
            served.context.metrics.openEventStreams.add(1, ordering: .relaxed)
            let answer = try await served.get("/v1/events?from=0&until=0")
            #expect(answer.status == .serviceUnavailable)
            #expect(try answer.json["code"] as? String == "tooManyStreams")
            #expect(answer.headers[.retryAfter] == "10")
        }
    }

    @Test func `reaches a thousand readers though one of them stalls`() async throws {
        try await Served.with { served in
            let blocks = EventBlocks(store: served.node.store)
            let alfa = served.home.member("alfa")
            let gate = Gate()
            let stalled = Reader(gate: gate)
            let readers = (0..<1_000).map { _ in Reader() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for reader in readers {
                    let stream = Self.stream(served, blocks, from: 0, until: 20)
                    group.addTask {
                        var writer: any ResponseBodyWriter = reader
                        try await stream.run(&writer)
                    }
                }
                let slow = Self.stream(served, blocks, from: 0, until: 20)
                async let late: Void = {
                    var writer: any ResponseBodyWriter = stalled
                    try await slow.run(&writer)
                }()
                for round in 0..<20 {
                    _ = try await alfa.send(
                        .registerKind("kind-\(round)", title: "A kind"), to: served.node)
                }
                // All of them end while the stalled one has taken nothing.
                try await group.waitForAll()
                #expect(stalled.ids.isEmpty)
                gate.open()
                try await late
            }
            let all = try Self.allIDs(served.node)
            #expect(all.count == 20)
            #expect(readers.allSatisfy { $0.ids == all })
            #expect(stalled.ids == all)
        }
    }

    @Test func `ends when it is told to, also while nothing happens`() async throws {
        try await Served.with { served in
            let stream = Self.stream(served, EventBlocks(store: served.node.store), from: 0)
            let reader = Reader()
            async let running: Void = {
                var writer: any ResponseBodyWriter = reader
                try await stream.run(&writer)
            }()
            stream.stop()
            try await running
        }
    }
}
