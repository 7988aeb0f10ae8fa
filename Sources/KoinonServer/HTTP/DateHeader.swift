import Glibc
import Synchronization

/// The present moment as the header `Date` has it (RFC 9110 §5.6.7), written once a second.
final class DateHeader: Sendable {
    private let last = Mutex<(second: time_t, text: String)>((0, ""))

    var text: String {
        let now = time(nil)
        return last.withLock { last in
            if last.second != now { last = (now, Self.text(of: now)) }
            return last.text
        }
    }

    static func text(of second: time_t) -> String {
        var second = second
        var parts = tm()
        gmtime_r(&second, &parts)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { bytes in
            let count = strftime(
                bytes.baseAddress, bytes.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
            return String(decoding: UnsafeRawBufferPointer(bytes)[..<count], as: UTF8.self)
        }
    }
}
