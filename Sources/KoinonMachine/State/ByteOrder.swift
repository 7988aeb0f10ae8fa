import Glibc

/// Byte strings in lexicographic order.
public enum ByteOrder {
    /// Negative, zero or positive as `a` stands before, at or after `b`.
    @inline(__always)
    public static func compare(_ a: [UInt8], _ b: [UInt8]) -> Int {
        let common = min(a.count, b.count)
        let order = a.withUnsafeBytes { left in
            b.withUnsafeBytes { right in
                guard common > 0, let x = left.baseAddress, let y = right.baseAddress else {
                    return Int32(0)
                }
                return memcmp(x, y, common)
            }
        }
        return order != 0 ? Int(order) : a.count - b.count
    }

    /// The first eight bytes as a number, short strings filled up with zeros: a string with
    /// a smaller head is the smaller one.
    @inline(__always)
    public static func head(of bytes: [UInt8]) -> UInt64 {
        if bytes.count >= 8 {
            return bytes.withUnsafeBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
        }
        var head = UInt64(0)
        for index in 0..<8 { head = head << 8 | (index < bytes.count ? UInt64(bytes[index]) : 0) }
        return head
    }
}
