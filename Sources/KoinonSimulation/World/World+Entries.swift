import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// An entry's way through both replicas and the model.
extension World {
    func append(_ step: EntryStep) throws {
        let envelope = envelope(of: step)
        let position = LogPosition(UInt64(log.count) + 1)
        counts.entries += 1
        let entry: CheckedEntry
        do throws(EntryFault) {
            entry = try CheckedEntry(envelope, chain: genesis.chain, epoch: 0)
        } catch {
            try require(
                isRefused(step), .outcome, "an entry was not taken (\(error)) and should have been")
            note(LogEntry(position: position, envelope: envelope, hasEffect: false), nil)
            counts.entriesWithoutEffect += 1
            return
        }
        try require(!isRefused(step), .outcome, "an entry was taken and should not have been")
        let isVoid = isVoid(step.transactions)
        try require(
            (entry.void != nil) == isVoid, .outcome,
            "an entry is \(entry.void.map { "void: \($0)" } ?? "not void"), expected otherwise")
        if isVoid { counts.voidEntries += 1 }
        try apply(entry, step, at: position)
    }

    /// Whether an entry as a whole is none of this ledger's.
    private func isRefused(_ step: EntryStep) -> Bool {
        step.epoch != 0 || !Bounds.isSlug(step.author)
    }

    private func note(_ logged: LogEntry, _ entry: CheckedEntry?) {
        log.append(LoggedEntry(entry: entry, logged: logged))
        waiting.log.append(logged)
    }

    private func apply(_ entry: CheckedEntry, _ step: EntryStep, at position: LogPosition) throws {
        let before = shadow.header
        let expected = reference.take(
            ReferenceLedger.EntryContent(
                author: step.author, key: entry.envelope.publicKey, sequence: entry.sequence,
                clockMs: step.clockMs, isVoid: entry.void != nil,
                hasTransactions: !step.transactions.isEmpty))
        let outcome = subject.apply(entry, replica)
        let inMemory = shadow.apply(entry)
        try compare(outcome, inMemory)
        note(
            LogEntry(
                position: position, envelope: entry.envelope, hasEffect: expected != .noEffect),
            entry)
        switch (outcome, expected) {
        case (.noEffect, .noEffect): counts.entriesWithoutEffect += 1
        case (.waiting, .waiting): break
        case (.closed(let block, let ignored), .closes):
            waiting.blocks.append(ClosedBlock(block, closedAt: position))
            hashes.append(block.header.hash)
            counts.blocks += 1
            try check(block, after: before)
            try follow(block, ignored: ignored, entry)
            try checkState()
        default:
            throw finding(.outcome, "an entry \(outcome.name), but \(expected) was expected")
        }
    }

    private func compare(_ outcome: Replica.Outcome, _ other: Replica.Outcome) throws {
        switch (outcome, other) {
        case (.noEffect, .noEffect), (.waiting, .waiting): return
        case (.closed(let block, _), .closed(let second, _)):
            try require(
                block.header.hash == second.header.hash, .replica,
                difference(between: block, and: second))
        default:
            throw finding(
                .replica, "an entry \(outcome.name) in one replica and \(other.name) in another")
        }
    }

    /// The first thing in which two blocks differ.
    private func difference(between a: ExecutedBlock, and b: ExecutedBlock) -> String {
        if a.result != b.result { return "two replicas have different receipts" }
        let rows = Dictionary(b.changes.map { ($0.key, $0.value) }) { first, _ in first }
        if let row = a.changes.first(where: { rows[$0.key] != .some($0.value) }) {
            return "two replicas have different rows at \(Hex.encode(row.key))"
        }
        return "two replicas have different headers"
    }
}

extension Replica.Outcome {
    var name: String {
        switch self {
        case .noEffect(let reason): "has no effect (\(reason))"
        case .waiting: "waits"
        case .unknownProtocol(let fault): "is not taken (\(fault))"
        case .closed: "closes a block"
        }
    }
}
