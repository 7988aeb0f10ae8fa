import Foundation
import KoinonLedger
import KoinonNode
import KoinonProtocol
import Logging
import Synchronization

/// Puts entries into the order: one of each author under way, the next behind it.
final class Appender: Sendable {
    private struct Waiting {
        var entry: SignedEntry
        var call: Call
    }

    private struct Lane {
        var waiting: [Waiting] = []
        var isRunning = false
    }

    private struct State {
        var lanes: [MemberID: Lane] = [:]
        var failure: (any Error)?
    }

    private let client: EtcdClient
    private let keys: EntryKeys
    private let values: WatchedValues
    private let conditions: EtcdConditions
    private let news: Signal
    private let logger: Logger
    private let state = Mutex(State())

    init(
        client: EtcdClient, keys: EntryKeys, values: WatchedValues, conditions: EtcdConditions,
        news: Signal, logger: Logger
    ) {
        self.client = client
        self.keys = keys
        self.values = values
        self.conditions = conditions
        self.news = news
        self.logger = logger
    }

    func append(_ entries: [SignedEntry]) -> PendingAppend {
        let call = Call(count: entries.count)
        guard !entries.isEmpty else {
            call.append.end(.success(()))
            return call.append
        }
        let (failure, idle) = state.withLock { state -> ((any Error)?, Set<MemberID>) in
            if let failure = state.failure { return (failure, []) }
            var idle: Set<MemberID> = []
            for entry in entries {
                var lane = state.lanes[entry.author] ?? Lane()
                lane.waiting.append(Waiting(entry: entry, call: call))
                if !lane.isRunning { idle.insert(entry.author) }
                lane.isRunning = true
                state.lanes[entry.author] = lane
            }
            return (nil, idle)
        }
        if let failure { call.append.end(.failure(failure)) }
        for author in idle { Task(priority: .high) { await run(author) } }
        return call.append
    }

    /// Takes nothing more; who waits gets `error`.
    func stop(_ error: any Error) {
        let left = state.withLock { state in
            if state.failure == nil { state.failure = error }
            return state.lanes.values.flatMap(\.waiting)
        }
        for waiting in left { waiting.call.append.end(.failure(error)) }
    }

    private var isStopped: Bool { state.withLock { $0.failure != nil } }

    private func run(_ author: MemberID) async {
        while let next = first(of: author) {
            do {
                next.call.placed(next.entry, isTaken: try await put(next.entry))
                conditions.clear(.appending)
                news.wake()
            } catch {
                // Later entries of the author would leave a gap.
                conditions.set(.appending, "\(error)")
                return stop(error)
            }
            drop(author)
        }
    }

    private func first(of author: MemberID) -> Waiting? {
        state.withLock { state in
            if state.failure == nil, let next = state.lanes[author]?.waiting.first { return next }
            state.lanes[author]?.isRunning = false
            return nil
        }
    }

    private func drop(_ author: MemberID) {
        state.withLock { state in
            if state.lanes[author]?.waiting.isEmpty == false {
                state.lanes[author]?.waiting.removeFirst()
            }
        }
    }

    /// Repeats until the entry has its place: whether an attempt that nobody answered had
    /// succeeded, the next one sees.
    ///
    /// - Returns: whether other bytes have the place.
    /// - Throws: what stopped the engine, and faults that no repetition mends.
    private func put(_ entry: SignedEntry) async throws -> Bool {
        let key = keys.key(entry.author.rawValue, entry.sequence)
        let packed = entry.envelope.packed
        let value = Data(packed)
        let request = Self.request(key: Data(key), value: value)
        var failures = 0
        while true {
            do {
                let answer = try await client.call(.transaction, request)
                if answer.succeeded {
                    let revision = UInt64(clamping: answer.header.revision)
                    values.add(key, created: revision, packed)
                    return false
                }
                let found = answer.responses.first?.responseRange.kvs.first
                return found?.value != value
            } catch let fault as EtcdFault {
                if let error = state.withLock({ $0.failure }) { throw error }
                switch fault {
                case .unreachable, .outOfSpace: break
                default: throw fault
                }
                failures += 1
                conditions.set(.appending, fault.description)
                logger.warning("cannot append", metadata: ["reason": "\(fault)"])
                try await Task.sleep(for: Backoff.pause(afterFailures: failures + 2))
            }
        }
    }

    /// Puts only where there is nothing; otherwise gets what is there.
    private static func request(key: Data, value: Data) -> EtcdTxnRequest {
        var compare = EtcdCompare()
        compare.key = key
        compare.target = .create
        compare.result = .equal
        compare.createRevision = 0
        var put = EtcdRequestOp()
        put.requestPut.key = key
        put.requestPut.value = value
        var get = EtcdRequestOp()
        get.requestRange.key = key
        var request = EtcdTxnRequest()
        request.compare = [compare]
        request.success = [put]
        request.failure = [get]
        return request
    }
}

/// Entries that were appended together, and how many of them have no place yet.
private final class Call: Sendable {
    let append = PendingAppend()
    private let state: Mutex<(open: Int, taken: [SignedEntry])>

    init(count: Int) { state = Mutex((count, [])) }

    func placed(_ entry: SignedEntry, isTaken: Bool) {
        let taken = state.withLock { state -> [SignedEntry]? in
            state.open -= 1
            if isTaken { state.taken.append(entry) }
            return state.open == 0 ? state.taken : nil
        }
        guard let taken else { return }
        append.end(taken.isEmpty ? .success(()) : .failure(OrderFault.sequencesTaken(taken)))
    }
}
