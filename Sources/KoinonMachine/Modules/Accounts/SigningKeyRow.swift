import KoinonLedger
import KoinonProtocol

/// What every transaction asks of its sender's row, read in place: making the whole
/// `Account` for it would cost more than a payment.
struct SigningKeyRow {
    private let row: [UInt8]
    /// The key's field in the row, its tag included.
    private let field: Range<Int>
    /// Its content, an `AccountKey`.
    private let entry: Range<Int>
    /// The field of the window in the row, its tag included; at the end of the entry.
    private var window: Range<Int>?
    private var windowContent: Range<Int>?
    /// Whether the key may spend only within limits.
    private(set) var isLimited = false

    private static let keysField = 2
    private static let publicKeyField = 1
    private static let limitsField = 3
    private static let windowField = 5

    /// Nil when the row has no such key.
    init?(_ key: PublicKey, in row: [UInt8]) {
        guard let found = row.withUnsafeBytes({ Self.find(key, in: $0) }) else { return nil }
        self.row = row
        (field, entry) = found
        row.withUnsafeBytes { readEntry($0) }
    }

    private static func find(
        _ key: PublicKey, in row: UnsafeRawBufferPointer
    ) -> (field: Range<Int>, entry: Range<Int>)? {
        var reader = WireReader(row)
        var start = 0
        while let (number, value) = reader.next() {
            defer { start = reader.position }
            guard number == keysField, case .bytes(let entry) = value else { continue }
            var inner = WireReader(entry)
            guard case (publicKeyField, .bytes(let bytes))? = inner.next(), bytes.count == 32,
                Storage32(reading: bytes) == key.storage
            else { continue }
            return (start..<reader.position, reader.position - entry.count..<reader.position)
        }
        return nil
    }

    private mutating func readEntry(_ row: UnsafeRawBufferPointer) {
        var reader = WireReader(UnsafeRawBufferPointer(rebasing: row[entry]))
        var start = entry.lowerBound
        while let (number, value) = reader.next() {
            let end = entry.lowerBound + reader.position
            if number == Self.limitsField { isLimited = true }
            if number == Self.windowField, case .bytes(let content) = value {
                window = start..<end
                windowContent = end - content.count..<end
            }
            start = end
        }
    }

    /// The highest nonce used, and whether any below it is not.
    private var nonces: (highest: UInt64, hasGaps: Bool) {
        guard let windowContent else { return (0, false) }
        return row.withUnsafeBytes { row in
            var reader = WireReader(UnsafeRawBufferPointer(rebasing: row[windowContent]))
            var highest = UInt64(0)
            var hasGaps = false
            while let (number, value) = reader.next() {
                if case .number(let value) = value, number == 1 { highest = value }
                if number == 2 { hasGaps = true }
            }
            return (highest, hasGaps)
        }
    }

    /// As the message has it.
    private var nonceWindow: NonceWindow {
        guard let windowContent else { return NonceWindow() }
        do { return try NonceWindow(serializedBytes: Array(row[windowContent])) } catch {
            preconditionFailure("a nonce window does not decode: \(error)")
        }
    }

    /// Whether a transaction may still use the nonce.
    func isFresh(_ nonce: UInt64) -> Bool {
        let (highest, hasGaps) = nonces
        if nonce > highest { return nonce - highest <= NonceWindow.width }
        return hasGaps && nonceWindow.isFresh(nonce)
    }

    /// The account's row after the key has used a fresh nonce.
    func using(_ nonce: UInt64) -> [UInt8] {
        let (highest, hasGaps) = nonces
        var content: [UInt8] = []
        if nonce == highest + 1, !hasGaps {
            content.append(1 << 3)
            content.append(varint: nonce)
        } else {
            var window = nonceWindow
            window.use(nonce)
            content = window.encoded
        }
        let kept = entry.lowerBound..<(window?.lowerBound ?? entry.upperBound)
        var changed: [UInt8] = []
        changed.reserveCapacity(row.count + 16)
        changed.append(contentsOf: row[..<field.lowerBound])
        changed.append(UInt8(Self.keysField << 3 | 2))
        // The window has one byte of tag; its length takes one or two.
        let windowCount =
            1 + [UInt8].varintByteCount(UInt64(content.count)) + content.count
        changed.append(varint: UInt64(kept.count + windowCount))
        changed.append(contentsOf: row[kept])
        changed.append(field: Self.windowField, content)
        changed.append(contentsOf: row[field.upperBound...])
        return changed
    }
}
