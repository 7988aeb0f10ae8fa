import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Testing

@testable import KoinonStore

/// Makes well-formed blocks with invented content, the same on every run.
struct TestChain {
    let genesis = Array(#"{"format": "koinon/genesis/v1", "name": "test"}"#.utf8)
    private(set) var headers: [BlockHeader] = []
    private(set) var position = LogPosition.start

    /// Block 0.
    mutating func first(_ changes: [StateChange] = []) -> ExecutedBlock {
        executed(entries: [], transactions: 0, changes: changes)
    }

    /// An entry for the next place in the log.
    mutating func entry(byteCount: Int = 40, hasEffect: Bool = true) -> LogEntry {
        position = position.next
        let envelope = Self.envelope(Self.filler(byteCount, seed: position.rawValue))
        return LogEntry(position: position, envelope: envelope, hasEffect: hasEffect)
    }

    /// A block over these entries, the last of which closes it.
    mutating func block(
        _ entries: [LogEntry], transactions: Int = 1, changes: [StateChange] = []
    ) -> ClosedBlock {
        ClosedBlock(
            executed(
                entries: entries.filter(\.hasEffect).map(\.envelope), transactions: transactions,
                changes: changes),
            closedAt: entries.last?.position ?? .start)
    }

    /// A batch of one block over one entry.
    mutating func batch(_ changes: [StateChange] = [], transactions: Int = 1) -> CommitBatch {
        let entry = entry()
        return CommitBatch(
            log: [entry], blocks: [block([entry], transactions: transactions, changes: changes)])
    }

    private mutating func executed(
        entries: [Envelope], transactions: Int, changes: [StateChange]
    ) -> ExecutedBlock {
        let height = UInt64(headers.count)
        func root(_ name: String) -> Hash256 { .sha256(Array("\(name) \(height)".utf8)) }
        let header = BlockHeader(
            chain: ChainID(storage: Hash256.sha256(genesis).storage), epoch: 0,
            height: Height(height), parent: headers.last?.hash ?? .zero,
            time: Timestamp(milliseconds: 1_000 * height), entriesRoot: root("entries"),
            transactionsRoot: root("transactions"), receiptsRoot: root("receipts"),
            stateRoot: root("state"), historyRoot: root("history"), membersHash: root("members"),
            nextMembersHash: root("members"), proposer: MemberID(rawValue: "north"))
        headers.append(header)
        return ExecutedBlock(
            header: header, entries: entries, result: Self.filler(60, seed: height),
            transactions: (0..<transactions).map { (root("transaction \($0)"), $0 + 1) },
            changes: changes)
    }

    static func attestation(_ height: UInt64, _ member: String) -> StoredAttestation {
        StoredAttestation(
            height: Height(height), member: MemberID(rawValue: member)!,
            envelope: envelope(Array("\(member) signs \(height)".utf8)))
    }

    static func put(_ key: String, _ value: String) -> StateChange {
        StateChange(key: Array(key.utf8), value: Array(value.utf8))
    }

    static func remove(_ key: String) -> StateChange {
        StateChange(key: Array(key.utf8), value: nil)
    }

    static func filler(_ count: Int, seed: UInt64) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: UInt64($0) &* 31 &+ seed &* 17) }
    }

    private static func envelope(_ body: [UInt8]) -> Envelope {
        Envelope(
            body: body, publicKey: PublicKey(storage: Hash256.sha256(body).storage),
            signature: Signature(filler(64, seed: UInt64(body.count)))!)
    }
}

/// Everything that a ledger holds, in plain collections: the reference that stores
/// are compared with.
struct LedgerContent: Equatable {
    var blocks: [StoredBlock] = []
    var results: [[UInt8]] = []
    var log: [LogEntry] = []
    var transactions: [Hash256: TransactionLocation] = [:]
    var state: [[UInt8]: StateRow] = [:]
    var attestations: [StoredAttestation] = []

    mutating func apply(_ batch: CommitBatch) {
        log += batch.log
        for block in batch.blocks {
            let header = block.executed.header
            blocks.append(StoredBlock(header: header, hash: header.hash, closedAt: block.closedAt))
            results.append(block.executed.result)
            for (id, leaf) in block.executed.transactions {
                transactions[id] = TransactionLocation(height: header.height, leaf: leaf)
            }
            for change in block.executed.changes {
                state[change.key] = change.value.map {
                    StateRow(key: change.key, value: $0, height: header.height)
                }
            }
        }
        for attestation in batch.attestations
        where !attestations.contains(where: {
            $0.height == attestation.height && $0.member == attestation.member
        }) {
            attestations.append(attestation)
        }
        attestations.sort { ($0.height, $0.member) < ($1.height, $1.member) }
    }
}

extension LedgerContent {
    /// Reads a store through every way of reading that it has.
    init(_ store: LedgerStore) throws {
        self = try store.read { (reader) throws in
            var content = LedgerContent()
            content.blocks = try reader.blocks(.genesis...reader.tip().header.height)
            for block in content.blocks {
                let result = try reader.result(at: block.header.height)
                content.results.append(try #require(result))
            }
            try reader.forEachLogEntry { content.log.append($0) }
            try reader.forEachTransaction { content.transactions[$0] = $1 }
            try reader.forEachStateRow { content.state[$0.key] = $0 }
            content.attestations = try reader.attestations(at: .genesis)
            content.attestations += try reader.attestations(above: .genesis)
            return content
        }
    }
}

/// A directory of its own for each test, gone with it.
final class TemporaryHome {
    let url: URL

    init() {
        url = FileManager.default.temporaryDirectory
            .appendingPathComponent("koinon-store-\(UUID().uuidString)")
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    var ledger: String { url.appendingPathComponent("ledger.sqlite").path }
}
