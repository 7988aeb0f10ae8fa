import KoinonLedger
import Synchronization

/// A file of messages that clients read from together, part after part.
final class SharedReader: Sendable {
    private let reader: Mutex<MessageFile.Reader>

    init(_ file: MessageFile) throws { reader = Mutex(try MessageFile.Reader(path: file.path)) }

    /// So many of what is left.
    func share(of count: Int) -> Share { Share(self, count) }

    fileprivate func next(_ limit: Int) throws -> [Envelope] {
        try reader.withLock { try $0.next(limit) }
    }

    final class Share: Sendable {
        private let source: SharedReader
        private let left: Mutex<Int>

        fileprivate init(_ source: SharedReader, _ count: Int) {
            self.source = source
            left = Mutex(count)
        }

        /// Nil when the share is used up.
        func next(_ limit: Int) throws -> [Envelope]? {
            let count = left.withLock { left in
                let count = min(limit, left)
                left -= count
                return count
            }
            guard count > 0 else { return nil }
            let part = try source.next(count)
            return part.isEmpty ? nil : part
        }
    }
}
