import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Logging
import Synchronization
import Testing

@testable import KoinonNode
@testable import TestNodes

@Suite struct ProposerTests {
    /// An alliance in which others go on: whenever an entry is appended, there is another block
    /// that was signed here, a thousand times. Then it takes no more.
    private final class BusyOrder: OrderingEngine {
        let outbox = AttestationOutbox()
        let count = Mutex<UInt64>(0)
        private let isBusy: Bool

        /// - Parameter isBusy: else nothing is ever signed here.
        init(isBusy: Bool = true) {
            self.isBusy = isBusy
            if isBusy { sign(Height(1)) }
        }

        private func sign(_ height: Height) {
            let body = Array("\(height)".utf8)
            outbox.add([
                StoredAttestation(
                    height: height, member: .alfa,
                    envelope: TestHome.nodeKey(of: "alfa").sign(body, as: .attestation))
            ])
        }

        func append(_ entries: [SignedEntry]) -> PendingAppend {
            let count = count.withLock { count in
                count += 1
                return count
            }
            if isBusy, count < 1_000 { sign(Height(count + 1)) }
            let append = PendingAppend()
            append.end(count < 1_000 ? .success(()) : .failure(NodeStopped()))
            return append
        }

        func entries(
            after position: OrderPosition?, settled: @escaping @Sendable () -> SettledOrder
        ) -> AsyncThrowingStream<OrderedEntry, any Error> { AsyncThrowingStream { nil } }

        func stored(through position: OrderPosition) {}
        func stop(_ error: any Error) {}
        func mark(_ height: Height, among members: [MemberID]) async throws -> Height { height }
        func trim(before position: OrderPosition) async throws {}
        func membersChanged(to members: [MemberID]) async throws {}
        var report: EngineReport { EngineReport(name: "busy") }
    }

    private func proposer(
        of node: Node, _ home: TestHome, _ order: BusyOrder, pool: Pool = Pool(),
        news: OrderNews = OrderNews()
    ) throws -> Proposer {
        Proposer(
            engine: order,
            desk: OrderDesk(
                pool: pool, outbox: order.outbox, news: news, replica: node.replica),
            script: ProposalScript(), ownEntries: OwnEntries(), outcomes: OutcomeBoard(),
            hosted: try HostedKeys(
                home: home.home, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
            finalHeight: { .genesis }, uptime: { 0 })
    }

    @Test func `ends once its node is to stop, though there is always another block to sign`()
        async throws
    {
        let home = try TestHome()
        let node = try home.node()
        let order = BusyOrder()
        let envelope = try home.member("alfa").sign(.registerKind("bike", title: "Bicycle"))
        let pool = Pool()
        _ = pool.add([try CheckedTransaction(envelope, chain: home.chain)])
        var proposer = try proposer(of: node, home, order, pool: pool)
        try await proposer.proposeEverything(isPatient: { false }) { TestHome.start }
        #expect(pool.count == 0, "what waits is proposed all the same")
        #expect((2..<100).contains(order.count.withLock { $0 }))
        try node.store.close()
    }

    @Test func `states no clock for a timer behind a gap in what everybody here wrote`()
        async throws
    {
        let home = try TestHome()
        try await home.running { node in
            let action = Action.setting(parameter: "voting_period_ms", to: 60_000)
            try await home.member("alfa").done(.propose(title: "P", action), to: node)
            await node.untilIdle()
        }
        let node = try home.node()
        let due = try #require(node.replica.read { $0.nextTimer })
        let news = OrderNews()
        news.miss(EntrySlot(author: .alfa, sequence: 9))
        // One who is heard goes on stating it, since nobody reads what is written here.
        let heard = BusyOrder(isBusy: false)
        var proposer = try proposer(of: node, home, heard, news: news)
        await #expect(throws: NodeStopped.self) {
            try await proposer.proposeEverything(isPatient: { true }) { due + 1 }
        }
        news.miss(EntrySlot(author: .bravo, sequence: 9))
        let unheard = BusyOrder(isBusy: false)
        proposer = try self.proposer(of: node, home, unheard, news: news)
        try await proposer.proposeEverything(isPatient: { true }) { due + 1 }
        #expect(unheard.count.withLock { $0 } == 0)
        try node.store.close()
    }
}
