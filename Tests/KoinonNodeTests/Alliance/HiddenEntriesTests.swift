import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Synchronization
import Testing

@testable import KoinonNode
@testable import TestNodes

/// Keeps from one node the next entry of every author, from a moment on.
private final class Hider: Sendable {
    private struct State {
        var isHiding = false
        /// Of each author the last sequence that was shown, and the one that is hidden.
        var shown: [String: UInt64] = [:]
        var hidden: [String: UInt64] = [:]
    }

    private let state = Mutex(State())

    func begin() { state.withLock { $0.isHiding = true } }

    func hides(_ entry: OrderedEntry) -> Bool {
        guard let body = try? EntryBody(strict: entry.envelope.body) else { return false }
        return state.withLock { state in
            let (author, sequence) = (body.author, body.sequence)
            let isNew = sequence > state.shown[author] ?? 0
            if state.isHiding, isNew, state.hidden[author] == nil {
                state.hidden[author] = sequence
            }
            // Some are given twice.
            if state.hidden[author] == sequence { return true }
            if isNew { state.shown[author] = sequence }
            return false
        }
    }
}

/// Does not tell all that the engine says.
private struct OrderWithHoles: OrderInFront {
    let engine: SharedOrder.Engine
    let hider: Hider

    struct Entries: AsyncSequence, Sendable {
        fileprivate let entries: SharedOrder.Engine.Entries
        fileprivate let hider: Hider

        func makeAsyncIterator() -> Iterator {
            Iterator(entries: entries.makeAsyncIterator(), hider: hider)
        }

        struct Iterator: AsyncIteratorProtocol {
            fileprivate var entries: SharedOrder.Engine.Entries.AsyncIterator
            fileprivate let hider: Hider

            mutating func next() async throws -> OrderedEntry? {
                while let entry = try await entries.next() {
                    if !hider.hides(entry) { return entry }
                }
                return nil
            }
        }
    }

    func entries(
        after position: OrderPosition?, settled: @escaping @Sendable () -> SettledOrder
    ) -> Entries {
        Entries(entries: engine.entries(after: position, settled: settled), hider: hider)
    }
}

@Suite("A node that is kept from entries of every author", .timeLimit(.minutes(30)))
struct HiddenEntriesTests {
    /// It closes no block in which it could part from the others.
    @Test func `notices by what the others signed, and reads the order anew when it starts again`()
        async throws
    {
        let alliance = try TestAlliance()
        let hider = Hider()
        var nodes = try (0..<3).map { try alliance.start($0) }
        nodes.append(try alliance.start(3) { OrderWithHoles(engine: $0, hider: hider) })
        let alfa = alliance.sender("alfa")
        try await alfa.done(.registerKind("one", title: "K"), to: nodes[0].node)
        for running in nodes { try await running.node.untilFinal(Height(1)) }
        let before = nodes[3].node.tip
        hider.begin()
        let misled = nodes[3]
        let hasEnded = Atomic(false)
        let ending = Task {
            let end = try await misled.end()
            hasEnded.store(true, ordering: .releasing)
            return end
        }
        var count = 0
        while !hasEnded.load(ordering: .acquiring) {
            count += 1
            try #require(count < 1_000, "it stands still and does not notice")
            try await alfa.done(.registerKind("kind-\(count)", title: "K"), to: nodes[0].node)
            for running in nodes[..<3] {
                try await running.node.untilFinal(nodes[0].node.tip.height)
            }
        }
        let end = try await ending.value
        #expect(throws: AttestedAhead.self) { try end.get() }
        #expect(misled.node.tip == before)
        try misled.node.store.read { (reader) throws in
            #expect(try reader.tip().header == before)
            #expect(try reader.pendingEntries() == [])
            #expect(try reader.orderedThrough() == nil)
        }
        try misled.node.store.close()

        nodes[3] = try alliance.start(3)
        try await alfa.done(.registerKind("last", title: "K"), to: nodes[0].node)
        let last = nodes[0].node.tip
        for running in nodes { try await running.node.untilFinal(last.height) }
        #expect(nodes[3].node.tip == last)
        #expect(nodes[3].node.standings.map(\.standing) == [.attests])
        for running in nodes { try await running.stop() }
    }

    /// However late it reads, and whatever they signed meanwhile: what stands before their
    /// signatures comes before them.
    @Test func `is not what a node takes itself for that reads late, or again`() async throws {
        let alliance = try TestAlliance()
        var nodes = try (0..<3).map { try alliance.start($0) }
        let alfa = alliance.sender("alfa")
        func goOn(_ names: String) async throws {
            for number in 1...8 {
                try await alfa.done(
                    .registerKind("\(names)-\(number)", title: "K"), to: nodes[0].node)
            }
            try await nodes[0].node.untilFinal(nodes[0].node.tip.height)
        }
        try await goOn("before")
        nodes.append(try alliance.start(3))
        try await nodes[3].node.untilFinal(nodes[0].node.tip.height)
        // Not all that came was read, or stored.
        nodes[3].engine.hold()
        try await goOn("held")
        try await nodes[3].cutOff()
        try await goOn("away")
        nodes[3] = try alliance.start(3)
        try await nodes[3].node.untilFinal(nodes[0].node.tip.height)
        #expect(nodes[3].node.tip == nodes[0].node.tip)
        for running in nodes { try await running.stop() }
    }
}
