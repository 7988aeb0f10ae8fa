import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Logging
import Testing

@testable import KoinonNode

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
        let transaction = try CheckedTransaction(envelope, chain: chain)
        var writer = replica.read { EntryWriter(replica: $0, hosted: hosted) }
        let written = writer.block(
            [transaction], attestations: [], at: now, toleranceMilliseconds: 0)
        try await commit(written.map(\.envelope))
        return tip
    }

    /// Orders, executes and stores entries, without running the node.
    func commit(_ entries: [Envelope]) async throws {
        var position = try store.read { try $0.lastPosition() }.rawValue
        let ordered = BoundedQueue<OrderedEntry>(capacity: entries.count)
        let executed = BoundedQueue<ExecutedBatch>(capacity: 2)
        for envelope in entries {
            position += 1
            await ordered.push(
                OrderedEntry(position: OrderPosition(rawValue: position), envelope: envelope))
        }
        ordered.finish()
        let executor = Executor(
            chain: chain, replica: replica, ownEntries: OwnEntries(), input: ordered,
            output: executed, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        await executor.run()
        try await committer.run(executed)
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
