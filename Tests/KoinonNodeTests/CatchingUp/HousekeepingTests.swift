import Foundation
import KoinonClient
import KoinonProtocol
import Testing

@testable import KoinonNode
@testable import TestNodes

@Suite("Housekeeping", .timeLimit(.minutes(30)))
struct HousekeepingTests {
    @Test func `makes a snapshot every so many blocks, and keeps the newest`() async throws {
        let home = try TestHome()
        let folder = SnapshotFolder(home: home.home)
        let made = try await home.running { node in
            var rules = Housekeeping.Rules()
            rules.snapshotEvery = 2
            rules.snapshotsKept = 2
            let housekeeping = Housekeeping(
                node: node, folder: folder, rules: rules, logger: Follower.quiet)
            let alfa = home.member("alfa")
            var made: [[UInt64]] = []
            for number in 0..<7 {
                try await alfa.done(.registerKind("kind-\(number)", title: "A kind"), to: node)
                try await node.untilFinal(node.tip.height)
                try await housekeeping.tend()
                made.append(try folder.heights().map(\.rawValue))
            }
            return made
        }
        #expect(made == [[], [2], [2], [4, 2], [4, 2], [6, 4], [6, 4]])
        // Nothing half made is left.
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        #expect(names.sorted() == ["4", "6"])
    }

    @Test func `does nothing unless it is asked to`() async throws {
        let home = try TestHome()
        let folder = SnapshotFolder(home: home.home)
        try await home.running { node in
            try await home.member("alfa").done(
                .registerKind("bike", title: "Bicycle"), to: node)
            try await node.untilFinal(node.tip.height)
            try await Housekeeping(
                node: node, folder: folder, rules: Housekeeping.Rules(), logger: Follower.quiet
            ).tend()
            #expect(try folder.heights() == [])
        }
    }
}
