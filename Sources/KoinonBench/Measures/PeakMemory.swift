import Foundation
import Glibc

/// The largest resident size of this process since it was last reset (proc(5), VmHWM).
enum PeakMemory {
    /// Gives freed memory back and begins anew, so that what prepared a benchmark does not
    /// count. Where the kernel does not allow it the peak of the whole process stays.
    static func reset() {
        trimHeap()
        guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return }
        defer { try? file.close() }
        try? file.write(contentsOf: Data("5".utf8))
    }

    /// malloc_trim(3), whose header Glibc's module does not hold.
    private static func trimHeap() {
        guard let symbol = dlsym(nil, "malloc_trim") else { return }
        typealias Trim = @convention(c) (Int) -> Int32
        _ = unsafeBitCast(symbol, to: Trim.self)(0)
    }

    /// 0 where /proc does not say it.
    static var bytes: UInt64 { field("VmHWM:") }

    /// What is resident now.
    static var present: UInt64 { field("VmRSS:") }

    private static func field(_ name: String) -> UInt64 {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }),
            let kibibytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({
                UInt64($0)
            })
        else { return 0 }
        return kibibytes * 1_024
    }
}
