import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

/// A finished ledger of two members with leases, rejections, timers and an ignored
/// transaction, to be copied and altered.
final class SampleLedger: Sendable {
    let home: TestHome
    let tip: BlockHeader
    /// Heights of the closing places in the log, ascending: (place, height).
    let closings: [(place: Int64, height: Int64)]

    /// Made once for all tests.
    static let shared = Task { try await SampleLedger() }

    private init() async throws {
        let home = try TestHome()
        self.home = home
        tip = try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            for round in 0..<5 {
                let agreement = try await world.start(on: node)
                home.clock.advance(UInt64(20 + round) * LeaseWorld.minute)
                try await world.finish(agreement, on: node)
                if round.isMultiple(of: 2) {
                    // Never started; ended by its timer.
                    _ = try await world.book(on: node)
                    home.clock.advance(16 * LeaseWorld.minute)
                    await node.untilIdle()
                }
                _ = try await world.paul.send(
                    .transfer(unit: "usd", to: world.bea.account, amount: Amount(minor: 1_000_000)),
                    to: node)
            }
            try await home.ignoreOne(node)
            await node.untilIdle()
            return node.tip
        }
        closings = try RowEditor.edit(home.ledgerFile) { editor in
            zip(
                try editor.integers("SELECT closed_at FROM blocks ORDER BY height"),
                try editor.integers("SELECT height FROM blocks ORDER BY height")
            ).map { ($0, $1) }
        }
    }

    /// The block that the entry at a place of the log belongs to; the next one to come
    /// for those that wait.
    func height(ofPlace place: Int64) -> Int64 {
        closings.first { $0.place >= place && $0.height > 0 }?.height
            ?? Int64(tip.height.rawValue) + 1
    }

    /// Copies the ledger into a folder of its own, lets it be changed, and verifies it.
    ///
    /// - Returns: what differs; nil when all is as it must be.
    func verify(altered change: (URL) throws -> Void) async throws -> Verification.Finding? {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "koinon-verify-\(UUID().uuidString)", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "ledger.sqlite")
        try FileManager.default.copyItem(at: home.ledgerFile, to: file)
        try change(file)
        let store = try LedgerStore(opening: folder, readOnly: true)
        let result: Result<Verification.Report, any Error>
        do {
            result = .success(try await Verification.run(store, genesis: home.genesis))
        } catch { result = .failure(error) }
        try store.close()
        do {
            let report = try result.get()
            #expect(report.tip == tip)
            return nil
        } catch let finding as Verification.Finding {
            return finding
        }
    }
}

extension SampleLedger {
    /// Each alteration alone, in a copy: verification names its block.
    static func check(_ alterations: [Alteration]) async throws {
        let sample = try await shared.value
        for alteration in alterations {
            let finding = try await sample.verify { file in
                try RowEditor.edit(file, alteration.change)
            }
            let height = finding?.height.map { Int64($0.rawValue) }
            #expect(
                height == alteration.height,
                "\(alteration.what): \(finding?.description ?? "nothing found")")
        }
    }
}
