import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Logging
import Testing

@testable import KoinonNode
@testable import TestNodes

extension TestHome {
    var genesisBytes: Data { Data(genesis.bytes) }

    /// Changes rows as SQLite itself would; the ledger must not be open.
    func alter(_ change: (RowEditor) throws -> Void) throws {
        try RowEditor.edit(ledgerFile, change)
    }
}

extension Node {
    /// Closes one block through the executor and the committer, without running the node.
    func closeOneBlock(_ home: TestHome) async throws -> BlockHeader {
        let envelope = try home.member("alfa").sign(.registerKind("bike", title: "Bicycle"))
        try await committer.run(try await execute([envelope]))
        return tip
    }

    /// Executes transactions in one block that is not stored yet, without running the node.
    func execute(_ envelopes: [Envelope]) async throws -> BoundedQueue<ExecutedBatch> {
        var writer = replica.read { EntryWriter(replica: $0, hosted: hosted) }
        let written = writer.block(
            try envelopes.map { try CheckedTransaction($0, chain: chain) }, attestations: [],
            at: now, toleranceMilliseconds: 0)
        let last = try store.read { try $0.lastPosition() }
        var position = last.rawValue
        let ordered = BoundedQueue<OrderedEntry>(capacity: written.count)
        let executed = BoundedQueue<ExecutedBatch>(capacity: 2)
        for entry in written {
            position += 1
            await ordered.push(
                OrderedEntry(
                    position: OrderPosition(rawValue: position), envelope: entry.envelope))
        }
        ordered.finish()
        let executor = Executor(
            chain: chain, replica: replica, lastPosition: last, ownEntries: OwnEntries(),
            hosted: Set(hosted.map(\.id)),
            desk: OrderDesk(
                pool: Pool(), outbox: AttestationOutbox(), news: OrderNews(), replica: replica),
            input: ordered, output: executed,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await executor.run()
        return executed
    }

    /// Every attestation in the log, in order.
    func carriedAttestations() throws -> [Attestation] {
        try store.read { reader in
            var carried: [Attestation] = []
            try reader.forEachLogEntry { logged in
                carried += try EntryBody(strict: logged.envelope.body).attestations
                    .compactMap { Attestation($0, chain: chain) }
            }
            return carried
        }
    }
}
