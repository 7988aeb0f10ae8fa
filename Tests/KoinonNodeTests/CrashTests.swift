import CFaultVFS
import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

/// A node's whole life in twelve blocks, on a disk that may stop at any operation.
private struct CrashRun {
    /// What happens next: transactions are answered one by one, clocks only go up.
    enum Step: Sendable {
        case clock(Timestamp)
        case send(Envelope)
    }

    /// What was answered, by transaction.
    typealias Answers = [Hash256: String]

    let home: TestHome
    let steps: [Step]

    init() throws {
        home = try TestHome()
        let (alfa, rider) = (home.member("alfa"), home.sender("rider"))
        let sponsor = MemberID(rawValue: "alfa")!
        let consent = AccountConsent.signed(by: rider.key, chain: home.chain, sponsor: sponsor)
        let proposal: ProposalID = alfa.builder.nextID(ofAction: 1)
        var steps: [Step] = [
            .send(
                try alfa.sign(
                    .openAccount(consent: consent),
                    .propose(
                        title: "Shorter votes",
                        Action.setting(parameter: "voting_period_ms", to: 60_000)))),
            .send(
                try alfa.sign(
                    .createUnit("usd", title: "US dollar", scale: 2),
                    .issue(unit: "usd", to: rider.account, amount: Amount(minor: 900)))),
            .send(try home.member("bravo").sign(.vote(true, on: proposal))),
            // A vote that nobody takes part in: its timer closes a block by itself.
            .send(
                try alfa.sign(
                    .propose(
                        title: "Longer votes",
                        Action.setting(parameter: "voting_period_ms", to: 120_000)))),
            .clock(TestHome.start + 61_000),
        ]
        for round in 0..<7 {
            let now = TestHome.start + 62_000 + UInt64(round) * 3_000
            steps.append(.clock(now))
            // The last is more than is left: rejected, and in a block all the same.
            steps.append(
                .send(
                    try rider.sign(
                        .transfer(unit: "usd", to: alfa.account, amount: Amount(minor: 150)),
                        now: now)))
        }
        self.steps = steps
    }

    /// Starts a node on what the disk holds and goes through all steps, those that were
    /// done before too, until the end or the stop.
    ///
    /// - Returns: whatever was answered as durable.
    func play(_ disk: FaultDisk, answers: Answers = [:]) async throws -> Answers {
        var answers = answers
        do {
            let node = try home.node(storeOptions: disk.options)
            let running = Task { try await node.run() }
            for step in steps {
                // What the step before left to do, due timers and attestations, comes first:
                // so the same steps always make the same entries.
                await node.untilIdle()
                if disk.hasStopped { break }
                switch step {
                case .clock(let time): home.clock.set(max(time, home.clock.now))
                case .send(let envelope):
                    guard let place = try await node.outcome(of: envelope).place else { continue }
                    let before = answers.updateValue(place, forKey: envelope.bodyHash)
                    #expect(before == nil || before == place)
                }
            }
            await node.untilIdle()
            node.stop()
            let end = await running.result
            try node.store.close()
            try end.get()
        } catch let fault as StoreFault where disk.hasStopped {
            switch fault {
            case .inputOutput, .stopped, .noLedger: break
            default: throw fault
            }
        }
        return answers
    }

    /// The header hashes that the disk holds, block 0 first, after checking that what a
    /// node would start from is exactly the last of them.
    func chain(on disk: FaultDisk, answers: Answers) throws -> [Hash256] {
        let node = try home.node(storeOptions: disk.options)
        defer { #expect(throws: Never.self) { try node.store.close() } }
        let hashes = try node.store.read { try $0.headerHashes(below: Height(1_000)) }
        #expect(node.tip.hash == hashes.last)
        var rows: [(key: [UInt8], value: [UInt8]?)] = []
        node.replica.read { $0.state.forEach { rows.append(($0, $1)) } }
        var tree = StateTree()
        tree.apply(rows)
        #expect(tree.root == node.tip.stateRoot)
        for (id, place) in answers {
            let outcome = try node.store.read { try $0.outcome(of: id) }
            #expect(outcome.flatMap { Node.SubmissionStatus.settled(id, $0).place } == place)
        }
        return hashes
    }
}

@Suite("A node whose process stops before any write or sync", .serialized)
struct CrashTests {
    @Test(
        "leaves whole blocks, with every answered transaction, and goes on as if nothing was",
        arguments: [
            ("unsynced writes kept", FAULT_PROCESS_STOPPED), ("power lost", FAULT_POWER_LOST),
        ])
    func leavesWholeBlocks(_ way: (name: String, restart: fault_restart)) async throws {
        let disk = try FaultDisk()
        let run = try CrashRun()
        let all = try await run.play(disk)
        #expect(!disk.hasStopped)
        let operations = disk.operations
        let chain = try run.chain(on: disk, answers: all)
        #expect(all.count == 11)
        #expect(chain.count == 13, "block 0, eleven transactions, one timer")
        var heights: Set<Int> = []
        for n in 1...operations {
            run.home.clock.set(TestHome.start)
            try disk.reset()
            // Another life begins, with nothing signed.
            try run.home.forgetGuards()
            disk.stop(at: n)
            let answers = try await run.play(disk)
            guard disk.hasStopped else {
                // A few more or less, as connections are closed and as what is ready at one time
                // is stored together.
                try #require(
                    n > operations - operations / 4, "operation \(n) of \(operations) never came")
                continue
            }
            try disk.restart(way.restart)
            let kept = try run.chain(on: disk, answers: answers)
            #expect(kept == Array(chain.prefix(kept.count)), "stopped before \(n)")
            heights.insert(kept.count)
            let answersAfter = try await run.play(disk, answers: answers)
            #expect(answersAfter == all, "stopped before \(n)")
            #expect(try run.chain(on: disk, answers: all) == chain, "stopped before \(n)")
        }
        // Stops were spread over the whole run.
        #expect(heights == Set(1...13))
    }

    /// If pages moved from the write-ahead log into the database only at the end, stops
    /// amid that would not be covered.
    @Test func `moves the write-ahead log within that run`() async throws {
        var operations: [Int64] = []
        for pages in [40, 100_000] {
            let disk = try FaultDisk(checkpointPages: pages)
            _ = try await CrashRun().play(disk)
            operations.append(disk.operations)
        }
        #expect(operations[0] > operations[1] + 20, "\(operations)")
    }
}
