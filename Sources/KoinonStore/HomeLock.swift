import Foundation
import Synchronization

/// Keeps a second writer out of a home directory, whether it is another process or
/// another part of this one.
///
/// The kernel drops the lock with the process, however that ends, so nothing is
/// ever left to clean up; the file stays and holds the last owner's process id.
final class HomeLock: Sendable {
    private let file: Mutex<Int32?>

    /// - Throws: ``StoreFault/inUse(home:processID:)``
    init(_ home: HomeDirectory) throws(StoreFault) {
        let file = open(home.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .lastError("cannot open \(home.lock)") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            defer { close(file) }
            guard code == EWOULDBLOCK else {
                errno = code
                throw .lastError("cannot lock \(home.lock)")
            }
            throw .inUse(home: home.path, processID: Self.processID(in: file))
        }
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(file, 0) == 0, pwrite(file, text, text.count, 0) == text.count else {
            let fault = StoreFault.lastError("cannot write \(home.lock)")
            close(file)
            throw fault
        }
        self.file = Mutex(file)
    }

    deinit { release() }

    func release() {
        file.withLock {
            // A child that was just forked holds a copy until it executes its program;
            // closing alone would leave the lock to it for that moment.
            if let file = $0 {
                flock(file, LOCK_UN)
                close(file)
            }
            $0 = nil
        }
    }

    private static func processID(in file: Int32) -> Int32? {
        var text = [UInt8](repeating: 0, count: 16)
        let count = pread(file, &text, text.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: text[..<count].prefix { $0 != 10 }, as: UTF8.self))
    }
}
