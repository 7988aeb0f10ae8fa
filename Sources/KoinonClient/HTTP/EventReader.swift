/// One event of the ledger, as a stream brings it.
public struct LedgerEvent: Hashable, Sendable {
    /// Its place, "HEIGHT.LEAF.INDEX": with it a stream is taken up again.
    public var id: String
    /// JSON as docs/formats/events.md describes it.
    public var json: String

    package init(id: String, json: String) {
        self.id = id
        self.json = json
    }
}

/// Takes server-sent events apart (HTML, section 9.2.6): the fields that a node writes.
package struct EventReader {
    /// Of the lines of one event.
    package static let eventBytesMaximum = 4 * 1_048_576

    private var line: [UInt8] = []
    private var id: [UInt8] = []
    /// The lines so far, each behind a line feed.
    private var data: [UInt8] = []

    package init() {}

    /// The events that end in these bytes.
    ///
    /// - Throws: ``NodeClientFault/badAnswer(_:)`` for an event beyond its limit.
    package mutating func read(_ bytes: [UInt8]) throws(NodeClientFault) -> [LedgerEvent] {
        var events: [LedgerEvent] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                guard line.count + data.count <= Self.eventBytesMaximum else {
                    throw .badAnswer("an event of more than \(Self.eventBytesMaximum) bytes")
                }
                continue
            }
            if let event = end() { events.append(event) }
            line.removeAll(keepingCapacity: true)
        }
        return events
    }

    private mutating func end() -> LedgerEvent? {
        guard line.isEmpty else {
            if let value = value(of: "id:") { id = Array(value) }
            if let value = value(of: "data:") { data += [UInt8(ascii: "\n")] + value }
            return nil
        }
        defer { data = [] }
        guard !data.isEmpty else { return nil }
        return LedgerEvent(
            id: String(decoding: id, as: UTF8.self),
            json: String(decoding: data.dropFirst(), as: UTF8.self))
    }

    private func value(of field: String) -> ArraySlice<UInt8>? {
        guard line.starts(with: field.utf8) else { return nil }
        let value = line.dropFirst(field.utf8.count)
        return value.first == UInt8(ascii: " ") ? value.dropFirst() : value
    }
}
