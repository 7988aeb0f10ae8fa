import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol
import KoinonStore
import Synchronization
import Testing

/// A node that is killed while clients send: what it acknowledged is there, once.
@Suite("a node that is killed under load")
struct KillTests {
    /// What clients sent, and what they were told is done.
    private final class Sent: Sendable {
        private struct State {
            var builder: TransactionBuilder
            var open: [Hash256: Envelope] = [:]
            var done: Set<Hash256> = []
            var count = 0
        }

        private let state: Mutex<State>

        init(_ builder: TransactionBuilder) { state = Mutex(State(builder: builder)) }

        var done: Set<Hash256> { state.withLock { $0.done } }
        var open: [Envelope] { state.withLock { Array($0.open.values) } }

        /// The next transactions, each of which registers a kind of its own.
        func next(_ count: Int, now: Timestamp) throws -> [Envelope] {
            try state.withLock { state in
                try (0..<count).map { _ in
                    state.count += 1
                    let built = try state.builder.build(
                        [.registerKind("kind-\(state.count)", title: "A kind")], now: now)
                    state.open[built.id] = built.envelope
                    return built.envelope
                }
            }
        }

        func told(_ submissions: [Submission]) {
            state.withLock { state in
                for submission in submissions where submission.status == .done {
                    guard let id = Hash256(hex: submission.id) else { continue }
                    state.done.insert(id)
                    state.open[id] = nil
                }
            }
        }
    }

    private static let patience = Duration.seconds(300)

    private static var rounds: Int {
        ProcessInfo.processInfo.environment["KOINON_TEST_CASES"] == nil ? 3 : 20
    }

    @Test("loses nothing that it acknowledged, and does nothing twice")
    func kill() async throws {
        let folder = try TemporaryFolder()
        let made = try await CommandRun.koinon(
            "init", "--home", "h", "--name", "Harbour", "--member", "harbour", in: folder.url)
        try #require(made.status == 0, "\(made.errors)")
        let home = folder.url.appending(path: "h")
        let genesis = try GenesisDocument(
            contentsOf: Array(Data(contentsOf: home.appending(path: "genesis.json"))))
        let key = try KeyRing(home: home.path).key(named: "harbour")
        let sent = Sent(
            TransactionBuilder(
                chain: genesis.chain, sender: genesis.accountID(of: key.publicKey), key: key))
        for round in 1...Self.rounds {
            let node = try await RunningNode.start(home: "h", in: folder.url)
            let client = try NodeClient(home: home.path)
            try await checkDone(sent, client)
            try await sendOpen(sent, client)
            try await load(client, sent, until: round * 200)
            await node.kill()
        }
        let node = try await RunningNode.start(home: "h", in: folder.url)
        let client = try NodeClient(home: home.path)
        try await checkDone(sent, client)
        try await sendOpen(sent, client)
        #expect(try await node.stop() == 0)
        try checkOnce(sent, home)
        let verified = try await CommandRun.koinon("verify", "--home", "h", in: folder.url)
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    }

    /// Four clients send until so many are done; one of them is then still sending.
    private func load(_ client: NodeClient, _ sent: Sent, until count: Int) async throws {
        let now = try await client.status().ledgerNow
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while sent.done.count < count {
                        // A fault here is one of the checks' after the next start.
                        guard let part = try? sent.next(16, now: now),
                            let answers = try? await client.submit(part, limit: Self.patience)
                        else { return }
                        sent.told(answers)
                    }
                }
            }
            await group.next()
            group.cancelAll()
        }
        // Sent, and nobody waits for the answer: under way when the node is killed.
        let last = try sent.next(64, now: now)
        _ = try await client.submit(last, wait: .none)
    }

    private func checkDone(_ sent: Sent, _ client: NodeClient) async throws {
        for id in sent.done {
            #expect(try await client.receipt(of: id)?.code == 0, "\(id) was acknowledged")
        }
    }

    /// What nobody answered about is done now, or was before: by the same bytes.
    private func sendOpen(_ sent: Sent, _ client: NodeClient) async throws {
        let open = sent.open
        guard !open.isEmpty else { return }
        let answers = try await client.submit(open, limit: Self.patience)
        #expect(answers.allSatisfy { $0.status == .done })
        sent.told(answers)
    }

    /// Every transaction stands in one place of the ledger.
    private func checkOnce(_ sent: Sent, _ home: URL) throws {
        let store = try LedgerStore(opening: home, readOnly: true)
        let ids = try store.read { reader in
            try (0...reader.tip().header.height.rawValue).flatMap {
                try reader.executedTransactions(at: Height($0)).ids
            }
        }
        #expect(Set(ids).count == ids.count)
        #expect(sent.done.isSubset(of: Set(ids)))
        #expect(sent.done.count >= 200 * Self.rounds)
        try store.close()
    }
}
