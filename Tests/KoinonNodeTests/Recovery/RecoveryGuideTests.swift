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

    private func steps() throws -> [(name: String, text: String)] {
        let text = try String(
            contentsOf: Self.package.appending(path: "docs/recovery.md"), encoding: .utf8)
        return text.matches(of: /<!-- recovery: ([a-z]+) -->\n```sh\n([^`]*)```/)
            .map { (String($0.1), String($0.2)) }
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
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "koinon-guide-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ForkedAlliance.names {
            try FileManager.default.createSymbolicLink(
                at: folder.appending(path: name),
                withDestinationURL: alliance.site(name).home.home.directory)
        }
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
}
