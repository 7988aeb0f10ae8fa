import KoinonMachine
import KoinonProtocol
import SwiftProtobuf

/// Where a page of state rows ended: the key of its last row. Rows that come or go between
/// two pages neither repeat nor hide others.
public struct ListCursor: Sendable, Equatable {
    var key: [UInt8]

    init(key: [UInt8]) { self.key = key }

    /// Nil for text that no answer has given.
    public init?(text: String) {
        guard text.utf8.count <= 512, let key = Hex.decode(text), !key.isEmpty else { return nil }
        self.key = key
    }

    public var text: String { Hex.encode(key) }

    /// Rows of a table, ascending by key.
    static func page<Key, Value, Row>(
        _ table: Table<Key, Value>, under part: some StateKey = NoKey(), after cursor: ListCursor?,
        limit: Int, in reader: ViewReader, _ row: (Key, Value) -> Row?
    ) -> (rows: [Row], next: ListCursor?) {
        var lower: Key?
        if let cursor {
            var rest = cursor.key[...]
            // A cursor of another list names no place in this one: nothing follows it.
            guard rest.popFirst() == table.prefix, let key = Key.take(from: &rest), rest.isEmpty
            else { return ([], nil) }
            lower = key
        }
        // One more than asked for tells whether there are more; one for the cursor's own row.
        let found = table.rows(
            under: part, from: lower, limit: limit + 2, in: reader.state)
        let fresh = found.drop { row in cursor?.key == table.stateKey(row.key) }.prefix(limit + 1)
        let shown = fresh.prefix(limit)
        let next =
            fresh.count > limit
            ? shown.last.map { ListCursor(key: table.stateKey($0.key)) } : nil
        return (shown.compactMap { row($0.key, $0.value) }, next)
    }
}
