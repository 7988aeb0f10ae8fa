import Foundation
import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonNode
@testable import TestNodes

/// The commands of docs/recovery.md, as they stand there, on the four homes that it speaks of.
@Suite("The guide to recovery", .timeLimit(.minutes(30)))
struct RecoveryGuideTests {
    private static let package = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// - Parameter kind: what the comments before the commands say.
    private func steps(_ kind: String = "recovery") throws -> [(name: String, text: String)] {
        let text = try String(
            contentsOf: Self.package.appending(path: "docs/recovery.md"), encoding: .utf8)
        return text.matches(of: /<!-- ([a-z-]+): ([a-z]+) -->\n```sh\n([^`]*)```/)
            .filter { $0.1 == kind }.map { (String($0.2), String($0.3)) }
    }

    /// A folder that holds the homes by the names of their members.
    private func folder(of alliance: ForkedAlliance) throws -> URL {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "koinon-guide-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in ForkedAlliance.names {
            try FileManager.default.createSymbolicLink(
                at: folder.appending(path: name),
                withDestinationURL: alliance.site(name).home.home.directory)
        }
        return folder
    }

    private func shell(_ text: String, in folder: URL) throws -> (status: Int32, output: String) {
        let tests = URL(
            filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-eu", "-c", text]
        process.currentDirectoryURL = folder
        var environment = ProcessInfo.processInfo.environment
        environment["PATH"] =
            tests.deletingLastPathComponent().path + ":" + (environment["PATH"] ?? "/usr/bin")
        process.environment = environment
        let file = folder.appending(path: "output.txt")
        try Data().write(to: file)
        let output = try FileHandle(forWritingTo: file)
        process.standardOutput = output
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        return (process.terminationStatus, try String(contentsOf: file, encoding: .utf8))
    }

    @Test func `leads four members into the next epoch`() async throws {
        let alliance = try ForkedAlliance.split()
        let base = alliance.tip("alfa")
        try alliance.block(on: ["alfa"])
        try alliance.close()
        let folder = try folder(of: alliance)
        defer { try? FileManager.default.removeItem(at: folder) }
        var ran: [String] = []
        for (name, text) in try steps() {
            ran.append(name)
            let run = try shell(text, in: folder)
            #expect(run.status == (name == "propose" ? 1 : 0), "\(name): \(run.output)")
            let said: [String]
            switch name {
            case "state": said = ["✓ bravo attests nothing more in epoch 0", "block 2, with its"]
            case "propose":
                said = [
                    "blocks that contradict each other may be final",
                    "1 of these statements can settle it: alfa",
                ]
            case "settle": said = ["✓ the new epoch begins on block 3", "epoch-1.record"]
            case "sign": said = ["signed by alfa: 1 of 3", "missing: bravo, carol, delta"]
            case "begin": said = ["1 blocks dropped, 1 transactions wait", "0 blocks dropped"]
            default: said = ["epoch 1 had begun here before", "nothing differs up to block 3"]
            }
            for part in said { #expect(run.output.contains(part), "\(name): \(run.output)") }
        }
        #expect(ran == ["state", "propose", "settle", "sign", "begin", "join"])
        let delta = alliance.site("delta").home
        try await delta.running { node in
            #expect(node.tip == base)
            #expect(node.replica.read { $0.epoch } == 1)
        }
    }

    @Test func `lets the members vote where nothing settles a conflict`() throws {
        let alliance = try ForkedAlliance.split()
        let (base, other) = (alliance.tip("bravo"), alliance.tip("delta"))
        try alliance.close()
        let folder = try folder(of: alliance)
        defer { try? FileManager.default.removeItem(at: folder) }
        let state = try #require(try steps().first)
        #expect(try shell(state.text, in: folder).status == 0)
        let voting = try steps("recovery-vote").map { name, text in
            (name, text.replacing("3f0c9a2b71d4e865", with: base.hash.hex.prefix(16)))
        }
        #expect(voting.map(\.0) == ["propose", "sign"])
        let (propose, sign) = (voting[0].1, voting[1].1)
        for (text, said) in [
            (
                propose.replacing(
                    base.hash.hex.prefix(16), with: String(repeating: "0", count: 16)),
                "is none of the blocks that contradict each other"
            ),
            (propose.replacing("--awaited-since 2025-03-01T09:00Z", with: ""), "--awaited-since:"),
            (propose.replacing("2025-03-01", with: "2999-03-01"), "--awaited-since:"),
        ] {
            let run = try shell(text, in: folder)
            #expect(run.status != 0 && run.output.contains(said), "\(run.output)")
        }
        let proposed = try shell(propose, in: folder)
        #expect(proposed.status == 0, "\(proposed.output)")
        // Nobody votes by accident.
        let refused = try shell(
            sign.replacing(" --accept-conflict", with: ""), in: folder)
        #expect(refused.status == 1, "\(refused.output)")
        let signed = try shell(sign, in: folder)
        #expect(signed.status == 0, "\(signed.output)")
        for output in [proposed.output, refused.output, signed.output] {
            for part in [
                "The base is voted on: block 3 \(base.hash.hex)", "block 3 \(other.hash.hex)",
                "1 of these statements can settle it: alfa", "awaited from 2025-03-01T09:00:00Z to",
            ] { #expect(output.contains(part), "\(output)") }
        }
        #expect(refused.output.contains("--accept-conflict"))
        #expect(signed.output.contains("it is a vote for block 3"))
        let begun = try shell("koinon alliance recover begin --home carol *.record", in: folder)
        #expect(begun.status == 0 && begun.output.contains("epoch 1 begins on block 3"))
    }
}
