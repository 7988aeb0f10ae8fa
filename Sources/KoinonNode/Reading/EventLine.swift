import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// Events as lines of JSON, for readers that know nothing but docs/formats/events.md.
public enum EventLine {
    /// The events of a block in order, one line each without a line end.
    ///
    /// - Parameter transactions: ids by leaf; the leaves before them are timers'.
    public static func lines(
        height: Height, time: Timestamp, result: BlockResult, transactions: [Int: Hash256]
    ) -> [String] {
        var lines: [String] = []
        for (leaf, receipt) in result.receipts.enumerated() {
            let isTimer = leaf < result.timers.count
            // A timer's effects are reckoned from the moment it was due.
            let moment = isTimer ? result.timers[leaf].dueMs : time.milliseconds
            let source = transactions[leaf].map { "\"transaction\":\"\($0.hex)\"" }
            for event in receipt.events {
                lines.append(
                    "{\"height\":\(height),\"time_ms\":\(time.milliseconds),\"leaf\":\(leaf),"
                        + "\"moment_ms\":\(moment),\(source ?? "\"timer\":true"),"
                        + "\"event\":\(event.jsonForm(pretty: false))}")
            }
        }
        return lines
    }
}

extension LedgerReader {
    /// The events of a stored block; none above the tip.
    ///
    /// - Throws: ``StoreFault`` when the block is damaged.
    public func eventLines(ofBlock height: Height) throws -> [String] {
        guard let block = try block(at: height), let bytes = try result(at: height) else {
            return []
        }
        let result = try BlockResult(serializedBytes: bytes)
        guard result.receipts.contains(where: { !$0.events.isEmpty }) else { return [] }
        var transactions: [Int: Hash256] = [:]
        for entry in try entries(ofBlock: height) {
            for message in try EntryBody(strict: entry.body).transactions {
                let id = try Envelope(message).bodyHash
                // Ignored ones stand in an entry and in no leaf.
                guard let place = try location(ofTransaction: id), place.height == height else {
                    continue
                }
                transactions[place.leaf] = id
            }
        }
        return EventLine.lines(
            height: height, time: block.header.time, result: result, transactions: transactions)
    }
}
