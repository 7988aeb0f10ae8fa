import CFaultVFS
import Foundation
import Testing

@testable import KoinonStore

@Suite("A crash at any write or sync")
struct CrashTests {
    /// How the process stops and what the restart finds.
    struct Way: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var stop: fault_stop = FAULT_STOP_BEFORE
        var restart: fault_restart
    }

    static let ways = [
        Way(testDescription: "process stopped", restart: FAULT_PROCESS_STOPPED),
        Way(
            testDescription: "process stopped within a write", stop: FAULT_STOP_TORN,
            restart: FAULT_PROCESS_STOPPED),
        Way(testDescription: "power lost", restart: FAULT_POWER_LOST),
        Way(
            testDescription: "power lost, deletions kept",
            restart: FAULT_POWER_LOST_DELETIONS_KEPT),
        Way(
            testDescription: "power lost amid unordered writes", stop: FAULT_STOP_TORN,
            restart: FAULT_POWER_LOST_SCATTERED),
    ]

    /// For every operation n of the run: stop before it, restart, stop again a few
    /// operations into the recovery, restart, go on to the end. After each restart
    /// the store must hold a whole number of batches, all acknowledged ones among
    /// them, and end with what a run without a crash ends with.
    @Test(arguments: ways)
    func `leaves the last whole block and the ledger goes on`(_ way: Way) throws {
        let run = CrashRun()
        let disk = try FaultDisk()
        var stops = 0
        for n in 1... as PartialRangeFrom<Int64> {
            let home = TemporaryHome()
            try disk.reset()
            disk.stop(at: n, way.stop)
            var acknowledged = try play(run, disk, home, -1, "stop at \(n)")
            if !disk.hasStopped { break }
            stops += 1
            try disk.restart(way.restart, seed: UInt64(n))
            disk.stop(at: 1 + n % 13, way.stop)
            acknowledged = try play(
                run, disk, home, acknowledged, "stop at \(n), then \(1 + n % 13)")
            if disk.hasStopped { try disk.restart(way.restart, seed: UInt64(n)) }
            disk.stop(at: 0)
            acknowledged = try play(run, disk, home, acknowledged, "after the stop at \(n)")
            try #require(acknowledged == run.batches.count)
        }
        #expect(stops > 100)
    }

    /// A commit whose process ended before the sync is there for the next process, which
    /// tells others of it: from then on it has to outlive a loss of power.
    @Test func `what an opened ledger shows outlives a loss of power`() throws {
        let run = CrashRun()
        var seenBeyond = 0
        for n in 1...60 as ClosedRange<Int64> {
            let home = TemporaryHome()
            let disk = try FaultDisk()
            let store = try LedgerStore.create(
                home: home.url, genesis: run.genesis, block: run.first, options: disk.options)
            disk.stop(at: n)
            do {
                try store.commit(run.batches[0])
            } catch is StoreFault where disk.hasStopped {}
            try? store.close()
            if !disk.hasStopped { break }
            try disk.restart(FAULT_PROCESS_STOPPED)
            let reopened = try LedgerStore(opening: home.url, options: disk.options)
            let seen = try LedgerContent(reopened)
            if seen == run.contents[1] { seenBeyond += 1 }
            // The power fails while it is open, before anything else is written.
            disk.stop(at: 1)
            #expect(throws: StoreFault.self) { try reopened.commit(run.batches[0]) }
            try? reopened.close()
            try disk.restart(FAULT_POWER_LOST)
            let after = try LedgerStore(opening: home.url, options: disk.options)
            #expect(try LedgerContent(after) == seen, "stop at \(n)")
            try after.close()
        }
        #expect(seenBeyond > 0, "the commit was never there without its sync")
    }

    /// Pages move from the write-ahead log into the database within the run; if
    /// they did so only at its end, the test above would not cover it.
    @Test func `the run of the crash tests contains checkpoints`() throws {
        let run = CrashRun()
        var operations: [Int64] = []
        for pages in [6, 10_000] {
            let disk = try FaultDisk(checkpointPages: pages)
            let home = TemporaryHome()
            _ = try run.play(disk, home: home.url, acknowledged: -1)
            operations.append(disk.operations)
        }
        #expect(operations[0] > operations[1] + 20, "\(operations)")
    }

    private func play(
        _ run: CrashRun, _ disk: FaultDisk, _ home: TemporaryHome, _ acknowledged: Int,
        _ moment: String
    ) throws -> Int {
        do {
            return try run.play(disk, home: home.url, acknowledged: acknowledged)
        } catch {
            Issue.record("\(moment): \(error)")
            throw error
        }
    }

    @Test func `a commit that failed is not to be read, and no later one is taken`() throws {
        let run = CrashRun()
        let disk = try FaultDisk()
        let home = TemporaryHome()
        let store = try LedgerStore.create(
            home: home.url, genesis: run.genesis, block: run.first, options: disk.options)
        let reader = try LedgerStore(opening: home.url, readOnly: true, options: disk.options)
        let before = try LedgerContent(reader)
        disk.stop(at: 3)
        #expect(throws: StoreFault.self) { try store.commit(run.batches[0]) }
        // The disk works again, as after an unplugged cable; what it kept is unknown.
        disk.stop(at: 0)
        #expect(disk.hasStopped)
        do {
            try store.commit(run.batches[0])
            Issue.record("a commit after a failed one was taken")
        } catch StoreFault.stopped(let cause) {
            #expect(cause.message.contains("disk I/O error"))
        }
        try store.close()
        try reader.close()
        try disk.restart(FAULT_PROCESS_STOPPED)
        let again = try LedgerStore(opening: home.url, options: disk.options)
        #expect(try LedgerContent(again) == before)
        try again.close()
    }
}
