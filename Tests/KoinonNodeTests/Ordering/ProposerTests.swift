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
    /// that was signed here, a thousand times.
    private final class BusyOrder: OrderingEngine {
        let outbox = AttestationOutbox()
        let count = Mutex<UInt64>(0)

        init() { sign(Height(1)) }

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
            if count < 1_000 { sign(Height(count + 1)) }
            let append = PendingAppend()
            append.end(.success(()))
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

    @Test func `ends once its node is to stop, though there is always another block to sign`()
        async throws
    {
        let home = try TestHome()
        let node = try home.node()
        let order = BusyOrder()
        let envelope = try home.member("alfa").sign(.registerKind("bike", title: "Bicycle"))
        let pool = Pool()
        _ = pool.add([try CheckedTransaction(envelope, chain: home.chain)])
        var proposer = Proposer(
            engine: order,
            desk: OrderDesk(
                pool: pool, outbox: order.outbox, news: OrderNews(), replica: node.replica),
            script: ProposalScript(), ownEntries: OwnEntries(), outcomes: OutcomeBoard(),
            hosted: try HostedKeys(
                home: home.home, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
            finalHeight: { .genesis }, uptime: { 0 })
        try await proposer.proposeEverything(isPatient: { false }) { TestHome.start }
        #expect(pool.count == 0, "what waits is proposed all the same")
        #expect((2..<100).contains(order.count.withLock { $0 }))
        try node.store.close()
    }
}
