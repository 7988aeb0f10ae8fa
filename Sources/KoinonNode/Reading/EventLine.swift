import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// Events as lines of JSON, for readers that know nothing but docs/formats/events.md.
public struct EventLine: Sendable {
    public var leaf: Int
    /// Among the events of its leaf, from 0.
    public var index: Int
    /// The module's name, as in the JSON form.
    public var module: Substring
    /// One line of JSON without a line end.
    public var text: String

    /// The events of a block in order.
    ///
    /// - Parameter transactions: ids by leaf; the leaves before them are timers'.
    public static func all(
        height: Height, time: Timestamp, result: BlockResult, transactions: [Int: Hash256]
    ) -> [EventLine] {
        var lines: [EventLine] = []
        for (leaf, receipt) in result.receipts.enumerated() {
            let isTimer = leaf < result.timers.count
            // A timer's effects are reckoned from the moment it was due.
            let moment = isTimer ? result.timers[leaf].dueMs : time.milliseconds
            let source = transactions[leaf].map { "\"transaction\":\"\($0.hex)\"" }
            for (index, event) in receipt.events.enumerated() {
                let json = event.jsonForm(pretty: false)
                lines.append(
                    EventLine(
                        leaf: leaf, index: index,
                        module: json.dropFirst(2).prefix { $0 != "\"" },
                        text:
                            "{\"height\":\(height),\"time_ms\":\(time.milliseconds),\"leaf\":\(leaf),"
                            + "\"moment_ms\":\(moment),\(source ?? "\"timer\":true"),"
                            + "\"event\":\(json)}"))
            }
        }
        return lines
    }

    /// The text of ``all(height:time:result:transactions:)``.
    public static func lines(
        height: Height, time: Timestamp, result: BlockResult, transactions: [Int: Hash256]
    ) -> [String] {
        all(height: height, time: time, result: result, transactions: transactions).map(\.text)
    }
}

extension LedgerReader {
    /// The events of a stored block; none above the tip.
    ///
    /// - Throws: ``StoreFault`` when the block is damaged.
    public func events(ofBlock height: Height) throws -> [EventLine] {
        guard let block = try block(at: height) else { return [] }
        let result = try decodedResult(at: height)
        guard result.receipts.contains(where: { !$0.events.isEmpty }) else { return [] }
        let (firstLeaf, ids) = try executedTransactions(at: height)
        let transactions = Dictionary(
            uniqueKeysWithValues: ids.enumerated().map { (firstLeaf + $0, $1) })
        return EventLine.all(
            height: height, time: block.header.time, result: result, transactions: transactions)
    }

    /// The text of ``events(ofBlock:)``.
    public func eventLines(ofBlock height: Height) throws -> [String] {
        try events(ofBlock: height).map(\.text)
    }
}
