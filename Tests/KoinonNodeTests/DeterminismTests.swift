import Foundation
import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonNode
@testable import TestNodes

/// Swift seeds its hashing anew in each process, so what depends on the order of a hashed
/// collection differs between two of them.
@Suite("Two processes", .timeLimit(.minutes(30)))
struct DeterminismTests {
    @Test func `recompute the same header at every height from one log`() async throws {
        let sample = try await SampleLedger.shared.value
        let stored = try await sample.home.reading { store in
            try store.read { try $0.headerHashes(below: Height(1_000)) }
        }
        let expected = stored.enumerated().map { "\($0) \($1.hex)\n" }.joined()
        var lists: [String] = []
        for _ in 0..<2 {
            let file = FileManager.default.temporaryDirectory
                .appending(path: "koinon-headers-\(UUID().uuidString).txt")
            defer { try? FileManager.default.removeItem(at: file) }
            let result = try await Command.run([
                "verify", "--home", sample.home.home.directory.path, "--headers", file.path,
                "--json",
            ])
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.contains("\"sound\" : true"))
            lists.append(try String(contentsOf: file, encoding: .utf8))
        }
        #expect(lists[0] == lists[1])
        #expect(lists[0] == expected)
    }

    @Test func `say which block is bad, and exit with 1`() async throws {
        let sample = try await SampleLedger.shared.value
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "koinon-bad-\(UUID().uuidString)", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // Not the whole folder: what others who read the same ledger keep there comes and goes.
        for file in [sample.home.ledgerFile, sample.home.home.genesisFile] {
            try FileManager.default.copyItem(
                at: file, to: folder.appending(path: file.lastPathComponent))
        }
        defer { try? FileManager.default.removeItem(at: folder) }
        try RowEditor.edit(folder.appending(path: "ledger.sqlite")) {
            try $0.execute("UPDATE results SET result = x'00' WHERE height = 5")
        }
        let file = folder.appending(path: "headers.txt")
        let result = try await Command.run([
            "verify", "--home", folder.path, "--headers", file.path, "--json",
        ])
        #expect(result.status == 1)
        #expect(result.output.contains("\"first_bad_height\" : 5"))
        // The bad block's own header was recomputed before it was compared.
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        #expect(lines.map { $0.prefix { $0 != " " } } == ["0", "1", "2", "3", "4", "5"])
    }
}

/// Runs the command that was built beside these tests, in a process of its own.
enum Command {
    struct Result: Sendable {
        var status: Int32
        var output: String
        var errors: String
    }

    static func run(_ arguments: [String]) async throws -> Result {
        let tests = URL(
            filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        let process = Process()
        process.executableURL = tests.deletingLastPathComponent().appending(path: "koinon")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.filter {
            $0.key != "SWIFT_DETERMINISTIC_HASHING"
        }
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        // Short texts: they fit into the pipes.
        return try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { process in
                func text(_ pipe: Pipe) -> String {
                    String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                }
                continuation.resume(
                    returning: Result(
                        status: process.terminationStatus, output: text(output),
                        errors: text(errors)))
            }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
    }
}
