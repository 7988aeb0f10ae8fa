import Foundation
import Testing

@testable import KoinonMachine
@testable import KoinonProtocol
@testable import KoinonSimulation

/// What the simulator once found, as the short scripts that it made of it.
@Suite("What was found once") struct PastFindingTests {
    private static let start: UInt64 = 1_772_409_600_000

    /// A founding member makes a unit: any action that is done.
    private static func entry(
        _ author: String, nonce: UInt64, flaw: TransactionStep.Flaw? = nil
    ) throws -> EntryStep {
        var action = Action()
        action.money.createUnit.unit = "u\(nonce)"
        action.money.createUnit.title = "A unit"
        let genesis = try setting.genesis()
        let account = KeyChest.key(Setting.accountKey(of: "alfa")).publicKey
        let transaction = TransactionStep(
            sender: genesis.accountID(of: account).bytes, key: Setting.accountKey(of: "alfa"),
            nonce: nonce, expiresAtMs: start + 3_600_000, actions: [action], flaw: flaw)
        return EntryStep(
            author: author, clockMs: start + nonce * 1_000, transactions: [transaction])
    }

    private static let setting = Setting(
        members: ["alfa", "bravo"], parameters: Parameters(), timeMs: start,
        processes: ["lease"], checkpointPages: 40)

    private func check(_ steps: [Step]) async throws {
        let script = Script(setting: Self.setting, steps: steps)
        try await SimulationThread.run {
            let folder = try TemporaryFolder()
            let found = try Simulation(folder: folder.url).run(script)
            #expect(found == nil, "\(found.map { "\($0.finding)" } ?? "")")
        }
    }

    /// A restart took every signature for right, so that the entry closed a block.
    @Test func `an entry void for a wrong signature is void after a restart`() async throws {
        try await check([
            .entry(try Self.entry("alfa", nonce: 1)),
            .entry(try Self.entry("bravo", nonce: 2, flaw: .signature)),
            .commit(defersRows: false), .reopen,
            .entry(try Self.entry("alfa", nonce: 3)), .reopen,
        ])
    }

    /// The same where rows of state are still to come, and blocks are executed again.
    @Test func `it is void when blocks are executed again`() async throws {
        try await check([
            .entry(try Self.entry("alfa", nonce: 1)), .commit(defersRows: false),
            .entry(try Self.entry("bravo", nonce: 2, flaw: .signature)),
            .entry(try Self.entry("alfa", nonce: 3)), .commit(defersRows: true),
            .reopen,
        ])
    }

    /// A process ended between a commit's writes and its sync, then the power failed.
    @Test(arguments: 1...24 as ClosedRange<Int64>)
    func `what a restart showed outlives a loss of power`(operation: Int64) async throws {
        try await check([
            .entry(try Self.entry("alfa", nonce: 1)), .commit(defersRows: false),
            .entry(try Self.entry("alfa", nonce: 2)),
            .crash(CrashStep(operation: operation, loss: .nothing)), .commit(defersRows: false),
            .entry(try Self.entry("alfa", nonce: 3)),
            .crash(CrashStep(operation: 1, loss: .unsynced)), .commit(defersRows: false),
        ])
    }
}
