import KoinonProtocol
import SwiftProtobuf

/// A typed view of the state rows that begin with one prefix byte.
///
/// The prefixes of all tables stand in docs/formats/state.md; each module has
/// sixteen, from 16 times its number.
public struct Table<Key: StateKey, Value: SwiftProtobuf.Message & Sendable>: Sendable {
    public let prefix: UInt8

    public init(prefix: UInt8) {
        self.prefix = prefix
    }

    /// The whole state key of a row; what proofs are made for.
    public func stateKey(_ key: Key) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(56)
        bytes.append(prefix)
        key.append(to: &bytes)
        return bytes
    }

    public func get(_ key: Key, in state: some StateReader) -> Value? {
        state.value(for: stateKey(key)).map(decode)
    }

    /// The row as it is stored: for the few rows that every transaction reads.
    func bytes(_ key: Key, in state: some StateReader) -> [UInt8]? {
        state.value(for: stateKey(key))
    }

    /// - Parameter bytes: exactly what protobuf would write.
    func set(_ key: Key, bytes: [UInt8], in state: StateOverlay) {
        state.set(stateKey(key), bytes)
    }

    public func contains(_ key: Key, in state: some StateReader) -> Bool {
        state.value(for: stateKey(key)) != nil
    }

    func set(_ key: Key, _ value: Value, in state: StateOverlay) {
        state.set(stateKey(key), value.encoded)
    }

    func remove(_ key: Key, in state: StateOverlay) {
        state.remove(stateKey(key))
    }

    /// Rows in key order whose key begins with `part`, from `lower` on if given.
    public func rows(
        under part: some StateKey = NoKey(), from lower: Key? = nil, limit: Int = .max,
        in state: some StateReader
    ) -> [(key: Key, value: Value)] {
        var start: [UInt8] = [prefix]
        part.append(to: &start)
        var first = start
        if let lower = lower.map(stateKey), ByteOrder.compare(lower, start) > 0 { first = lower }
        return state.rows(prefix: start, from: first, limit: limit).map { row in
            var rest = row.key.dropFirst()
            guard let key = Key.take(from: &rest), rest.isEmpty else {
                preconditionFailure("a row of table \(prefix) has a key of another shape")
            }
            return (key, decode(row.value))
        }
    }

    private func decode(_ bytes: [UInt8]) -> Value {
        // Only the machine writes state, so other bytes mean a damaged store: stop.
        do { return try Value(serializedBytes: bytes) } catch {
            preconditionFailure("a row of table \(prefix) does not decode: \(error)")
        }
    }
}
