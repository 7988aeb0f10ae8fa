import AsyncHTTPClient
import Foundation
import NIOCore

/// One event of the ledger, as a stream brings it.
public struct LedgerEvent: Hashable, Sendable {
    /// Its place, "HEIGHT.LEAF.INDEX": with it a stream is taken up again.
    public var id: String
    /// JSON as docs/formats/events.md describes it.
    public var json: String
}

extension NodeClient {
    /// The ledger's events in order, without a gap, as long as the connection lasts; open
    /// another one behind the last event to go on.
    ///
    /// - Parameters:
    ///   - id: of the last event that is known; the stream begins behind it.
    ///   - height: where to begin without one; nil begins with the next block.
    ///   - filter: for instance ["module": "money", "account": "koi1…"].
    public func events(
        after id: String? = nil, from height: UInt64? = nil, filter: [String: String] = [:]
    ) async throws -> AsyncThrowingStream<LedgerEvent, any Error> {
        var items = filter.sorted { $0.key < $1.key }.map { URLQueryItem(name: $0, value: $1) }
        if let height { items.append(URLQueryItem(name: "from", value: "\(height)")) }
        var components = URLComponents()
        components.queryItems = items
        var request = HTTPClientRequest(
            url:
                "\(address)/v1/events\(items.isEmpty ? "" : "?\(components.percentEncodedQuery ?? "")")"
        )
        request.headers.add(name: "Accept", value: "text/event-stream")
        if let id { request.headers.add(name: "Last-Event-ID", value: id) }
        // A stream lasts as long as it is wanted.
        let response = try await response(to: request, limit: .seconds(365 * 86_400))
        return AsyncThrowingStream { continuation in
            let reading = Task {
                do {
                    var reader = EventReader()
                    for try await chunk in response.body {
                        for event in reader.read(Array(buffer: chunk)) { continuation.yield(event) }
                    }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in reading.cancel() }
        }
    }
}

/// Takes server-sent events apart (HTML, section 9.2.6): the fields that a node writes.
struct EventReader {
    private var line: [UInt8] = []
    private var id = ""
    private var data = ""

    /// The events that end in these bytes.
    mutating func read(_ bytes: [UInt8]) -> [LedgerEvent] {
        var events: [LedgerEvent] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                continue
            }
            if let event = end(String(decoding: line, as: UTF8.self)) { events.append(event) }
            line.removeAll(keepingCapacity: true)
        }
        return events
    }

    private mutating func end(_ line: String) -> LedgerEvent? {
        if line.isEmpty {
            defer { data = "" }
            return data.isEmpty ? nil : LedgerEvent(id: id, json: data)
        }
        if let value = Self.value("id", line) { id = value }
        if let value = Self.value("data", line) { data += data.isEmpty ? value : "\n\(value)" }
        return nil
    }

    private static func value(_ field: String, _ line: String) -> String? {
        guard line.hasPrefix("\(field):") else { return nil }
        let value = line.dropFirst(field.count + 1)
        return String(value.first == " " ? value.dropFirst() : value)
    }
}
