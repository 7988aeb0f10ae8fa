import Glibc

/// Finds bytes in bytes.
enum ByteSearch {
    /// Where `pattern`, which is not empty, first stands in `bytes`; nil when it does not.
    static func first(_ pattern: [UInt8], in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress, let head = pattern.first else { return nil }
        var place = 0
        while place + pattern.count <= bytes.count,
            let found = memchr(base + place, Int32(head), bytes.count - pattern.count - place + 1)
        {
            place = UnsafeRawPointer(found) - base
            if memcmp(base + place, pattern, pattern.count) == 0 { return place }
            place += 1
        }
        return nil
    }
}
