import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol
import Synchronization

/// A client of each member's node that sends all the time, and remembers what it was told.
final class Load: Sendable {
    private struct Account {
        var builder: TransactionBuilder
        var count = 0
        /// Sent, without an answer that says what became of it.
        var open: [Hash256: Envelope] = [:]
    }

    private struct State {
        var accounts: [Account]
        var final: Set<Hash256> = []
        /// When a transaction last was told to be final, by member.
        var last: [ContinuousClock.Instant?]
    }

    private let alliance: RunningAlliance
    private let state: Mutex<State>
    private let tasks = Mutex<[Task<Void, Never>]>([])

    init(_ alliance: RunningAlliance) throws {
        self.alliance = alliance
        let accounts = try alliance.members.indices.map {
            Account(builder: try alliance.builder(of: $0))
        }
        state = Mutex(
            State(accounts: accounts, last: Array(repeating: nil, count: accounts.count)))
    }

    /// What clients were told is final.
    var final: Set<Hash256> { state.withLock { $0.final } }
    var open: [Hash256] { state.withLock { $0.accounts.flatMap { $0.open.keys } } }

    /// Sends so many transactions a time at every member, until ``stop()``.
    func start(perRequest: Int = 4) {
        for index in alliance.members.indices {
            let task = Task {
                while !Task.isCancelled {
                    do { try await send(perRequest, at: index) } catch {
                        // The node is away, or cannot say so soon: the same again.
                        try? await Task.sleep(for: .milliseconds(100))
                    }
                }
            }
            tasks.withLock { $0.append(task) }
        }
    }

    func stop() async {
        let running = tasks.withLock { tasks in
            defer { tasks = [] }
            return tasks
        }
        for task in running { task.cancel() }
        for task in running { await task.value }
    }

    /// Sends what is open again, with new ones up to `count`, and waits until it is final.
    func send(_ count: Int, at index: Int) async throws {
        let client = try alliance.client(index)
        let now = try await client.status().ledgerNow
        let envelopes = try state.withLock { state in
            while state.accounts[index].open.count < count {
                state.accounts[index].count += 1
                let kind = "\(alliance.members[index])-\(state.accounts[index].count)"
                let built = try state.accounts[index].builder.build(
                    [.registerKind(kind, title: "A kind")], now: now)
                state.accounts[index].open[built.id] = built.envelope
            }
            return Array(state.accounts[index].open.values)
        }
        // A node that is to stop answers first: no longer than that.
        let answers = try await client.submit(envelopes, wait: .final, limit: .seconds(5))
        state.withLock { state in
            for answer in answers {
                guard let id = Hash256(hex: answer.id) else { continue }
                // They leave no trace, and the same bytes would fare no better.
                if [.refused, .ignored, .expired].contains(answer.status) {
                    state.accounts[index].open[id] = nil
                }
                guard answer.status == .done, answer.final == true else { continue }
                state.final.insert(id)
                state.accounts[index].open[id] = nil
                state.last[index] = .now
            }
        }
    }

    /// Returns once clients were told that these are final, or when patience is over.
    func untilFinal(_ ids: Set<Hash256>) async throws {
        let deadline = ContinuousClock.now + RunningAlliance.patience
        while !final.isSuperset(of: ids), ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Returns once every member's client was told of a transaction that became final after
    /// `moment`.
    ///
    /// - Returns: how long that took from `moment` on; nil when it takes longer than `limit`.
    func untilAllFinal(
        after moment: ContinuousClock.Instant, within limit: Duration, except: Set<Int> = []
    ) async throws -> Duration? {
        while moment.duration(to: .now) < limit {
            let done = state.withLock { state in
                state.last.enumerated().allSatisfy { index, last in
                    except.contains(index) || last.map { $0 > moment } ?? false
                }
            }
            if done { return moment.duration(to: .now) }
            try await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }
}
