import Foundation
import Testing

@Suite("koinon load listings")
struct LoadTests {
    private static let arguments =
        "Examples/Data/asheville-listings-2022.csv "
        + "--mapping Examples/Data/asheville-listings.mapping.json"

    @Test("offers the committed excerpt on a running node, and only once")
    func listings() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(
            at: folder.url.appending(path: "Examples"),
            withDestinationURL: CommandRun.package.appending(path: "Examples"))
        func shell(_ text: String) async throws -> CommandRun {
            try await CommandRun.shell(text, in: folder.url)
        }
        let check = try await shell("koinon load listings --check \(Self.arguments)")
        #expect(check.status == 0 && check.output.contains("This was a dry run"))
        #expect(check.output.contains("refused 6 as notAvailable"))

        let home = "--home h"
        let founded = try await shell("koinon init \(home) --name Harbour --member harbour")
        #expect(founded.status == 0, "\(founded.errors)")
        let early = try await shell("koinon load listings \(Self.arguments) \(home)")
        #expect(early.status == 2, "there is no node yet: \(early.output)")

        let node = try await RunningNode.start(home: "h", in: folder.url)
        let load = try await shell("koinon load listings \(Self.arguments) \(home)")
        #expect(load.status == 0, "\(load.errors)")
        #expect(load.output.contains("offered   33, already there 0, failed 0"))
        #expect(load.output.contains("24 accounts opened"))
        let again = try await shell("koinon load listings --json \(Self.arguments) \(home)")
        #expect(again.status == 0 && again.output.contains("\"already_there\" : 33"))
        #expect(again.output.contains("\"transactions\" : 0"))
        try await RunningNode.untilListed(home: "h", in: folder.url)
        let offers = try await shell("koinon query offers \(home)")
        #expect(offers.output.matches(of: /koioff1[a-z0-9]+/).count == 33)
        #expect(try await node.stop() == 0)
        let verified = try await shell("koinon verify \(home)")
        #expect(verified.status == 0, "\(verified.output)")
    }
}
