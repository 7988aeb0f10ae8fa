import Foundation
import KoinonLedger
import KoinonProtocol
import Synchronization

/// Threads of a client program that checks signatures and pays in PostgreSQL.
struct PostgresRun: Sendable {
    let source: SharedMessages
    let chain: ChainID
    let connect: @Sendable () throws -> PostgresConnection

    /// Messages that a thread takes at a time.
    private static let part = 64

    /// Each connection checks and pays by itself, each payment in a transaction of its own;
    /// the database commits those of several connections together.
    func payOneByOne(_ connections: Int) throws {
        try Threads.run(connections) { [self] _ in
            let connection = try connect()
            while let payments = try next(Self.part) {
                for payment in payments { try connection.pay(payment) }
            }
        }
    }

    /// All cores check, one connection pays, many payments in one transaction: several that
    /// hold so many rows each would only wait for each other.
    func payTogether(_ batch: Int) throws {
        let queue = HandOver<[PostgresPayment]>(capacity: 2 * AllCores.count)
        try Threads.run(AllCores.count + 1) { [self] index in
            if index == 0 {
                defer { queue.close() }
                let connection = try connect()
                var finished = 0
                while finished < AllCores.count {
                    guard let payments = queue.take() else { return }
                    if payments.isEmpty { finished += 1 }
                    while try !connection.payTogether(payments[...]) {}
                }
            } else {
                // An empty part says that this thread has no more.
                defer { queue.give([]) }
                while let payments = try next(batch) { queue.give(payments) }
            }
        }
    }

    /// Checked payments; nil at the end.
    private func next(_ limit: Int) throws -> [PostgresPayment]? {
        let envelopes = try source.next(limit)
        guard !envelopes.isEmpty else { return nil }
        return try envelopes.map { try PostgresPayment($0, chain: chain) }
    }
}

/// A file of messages that several threads read.
final class SharedMessages: Sendable {
    private let reader: Mutex<MessageFile.Reader>

    init(_ file: MessageFile) throws {
        reader = Mutex(try MessageFile.Reader(path: file.path))
    }

    func next(_ limit: Int) throws -> [Envelope] { try reader.withLock { try $0.next(limit) } }
}

/// Threads that wait for something most of the time, as those of the system's pool must not.
private enum Threads {
    /// Returns when all have ended.
    ///
    /// - Throws: the first error of any.
    static func run(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
        let failure = Mutex<(any Error)?>(nil)
        let group = DispatchGroup()
        for index in 0..<count {
            group.enter()
            Thread {
                defer { group.leave() }
                do { try body(index) } catch { failure.withLock { $0 = $0 ?? error } }
            }.start()
        }
        group.wait()
        if let error = failure.withLock({ $0 }) { throw error }
    }
}

/// Hands things from several threads to one, which waits; they wait while it is full.
private final class HandOver<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let room = DispatchSemaphore(value: 0)
    private let filled = DispatchSemaphore(value: 0)

    init(capacity: Int) {
        // Not by its first value, below which it must not be when it goes.
        for _ in 0..<capacity { room.signal() }
    }

    /// Dropped after ``close()``.
    func give(_ element: Element) {
        room.wait()
        let isClosed = state.withLock { state in
            if !state.isClosed { state.elements.append(element) }
            return state.isClosed
        }
        if isClosed { room.signal() } else { filled.signal() }
    }

    /// In the order given.
    func take() -> Element? {
        filled.wait()
        room.signal()
        return state.withLock { $0.elements.isEmpty ? nil : $0.elements.removeFirst() }
    }

    /// Nobody takes any more; those who give do not wait.
    func close() {
        state.withLock { $0.isClosed = true }
        room.signal()
    }
}
