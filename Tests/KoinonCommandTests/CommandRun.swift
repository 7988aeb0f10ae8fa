import Dispatch
import Foundation
import Glibc
import KoinonClient
import Testing

/// Runs the built `koinon` as a person does: a process with arguments and output.
struct CommandRun {
    var status: Int32
    var output: String
    var errors: String

    /// The package's folder, which holds README.md.
    static let package = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The folder that the tests were built in holds the command too.
    static let products: URL = {
        let runner = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        var folder = runner.deletingLastPathComponent()
        while folder.path != "/" {
            if FileManager.default.isExecutableFile(atPath: folder.appending(path: "koinon").path) {
                return folder
            }
            folder.deleteLastPathComponent()
        }
        // `swift test` may start a helper of the toolchain that loads the tests.
        let release = package.appending(path: ".build/release")
        let isThere = FileManager.default.isExecutableFile(
            atPath: release.appending(path: "koinon").path)
        return isThere ? release : package.appending(path: ".build/debug")
    }()

    static func koinon(_ arguments: String..., in folder: URL = package) async throws -> CommandRun
    {
        try await run(products.appending(path: "koinon"), arguments, in: folder)
    }

    /// Runs shell text as it stands in a document.
    static func shell(_ text: String, in folder: URL) async throws -> CommandRun {
        try await run(
            URL(filePath: "/bin/bash"), ["-eu", "-o", "pipefail", "-c", text], in: folder)
    }

    private static func run(
        _ executable: URL, _ arguments: [String], in folder: URL
    ) async throws -> CommandRun {
        try await OwnThread.run { try runBlocking(executable, arguments, in: folder) }
    }

    private static func runBlocking(
        _ executable: URL, _ arguments: [String], in folder: URL
    ) throws -> CommandRun {
        let process = process(executable, arguments, in: folder)
        // Files, not pipes: output of any length, and no thread to read it.
        let output = try TemporaryFolder()
        let out = output.url.appending(path: "out")
        let err = output.url.appending(path: "err")
        for file in [out, err] { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: out)
        process.standardError = try FileHandle(forWritingTo: err)
        try process.run()
        process.waitUntilExit()
        return CommandRun(
            status: process.terminationStatus,
            output: try String(contentsOf: out, encoding: .utf8),
            errors: try String(contentsOf: err, encoding: .utf8))
    }

    static func process(_ executable: URL, _ arguments: [String], in folder: URL) -> Process {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = folder
        var environment = ProcessInfo.processInfo.environment
        environment["PATH"] = products.path + ":" + (environment["PATH"] ?? "/usr/bin:/bin")
        // Help texts are broken into lines for a terminal of this width.
        environment["COLUMNS"] = "80"
        // Nodes of tests that run side by side.
        environment["KOINON_HTTP_PORT"] = "0"
        environment["KOINON_LIMITS_REQUESTS_PER_SECOND"] = "0"
        // Tests may ask for minutes, which a slow machine may need.
        environment["KOINON_LIMITS_WAIT_MILLISECONDS"] = "600000"
        process.environment = environment
        return process
    }
}

/// Waiting for a process would hold one of the few threads that all tests share.
enum OwnThread {
    static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws
        -> Result
    {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Swift.Result(catching: body)) }
        }
    }
}

/// A folder of one test, removed with it.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "koinon-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}

/// A node of one test, in a process of its own.
final class RunningNode: @unchecked Sendable {
    // Set once before it is shared; `Process` is only told to end, and waited for.
    private let process: Process

    private init(process: Process) { self.process = process }

    /// Returns once the node says that it takes transactions.
    static func start(home: String, in folder: URL) async throws -> RunningNode {
        try await start(["node", "--home", home], in: folder)
    }

    /// - Parameter arguments: of a command that serves a node.
    static func start(_ arguments: [String], in folder: URL) async throws -> RunningNode {
        try await OwnThread.run {
            let process = CommandRun.process(
                CommandRun.products.appending(path: "koinon"), arguments, in: folder)
            let output = Pipe()
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
            var text = ""
            while !text.contains("answers ") {
                let bytes = output.fileHandleForReading.availableData
                if bytes.isEmpty { throw NodeEnded(output: text) }
                text += String(decoding: bytes, as: UTF8.self)
            }
            return RunningNode(process: process)
        }
    }

    /// Returns once a block is final at the node that runs on a home: what its members sign
    /// comes a moment after the block.
    static func untilFinal(_ height: UInt64, home: String, in folder: URL) async throws {
        let client = try NodeClient(home: folder.appending(path: home).path)
        let deadline = ContinuousClock.now + .seconds(300)
        while try await client.status().finalHeight < height {
            try #require(ContinuousClock.now < deadline, "block \(height) is not final")
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private struct IndexStatus: Decodable {
        var height: UInt64
        var index_height: UInt64
    }

    /// Returns once the lists of the node that runs on a home hold its last block: they follow a
    /// moment later.
    static func untilListed(home: String, in folder: URL) async throws {
        let client = try NodeClient(home: folder.appending(path: home).path)
        let deadline = ContinuousClock.now + .seconds(300)
        while true {
            let answer = Data(try await client.get("/v1/index"))
            let status = try JSONDecoder().decode(IndexStatus.self, from: answer)
            if status.index_height >= status.height { return }
            try #require(ContinuousClock.now < deadline, "the lists do not follow: \(status)")
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Ends it at once, as a loss of power does.
    func kill() async {
        _ = try? await OwnThread.run {
            Glibc.kill(self.process.processIdentifier, SIGKILL)
            self.process.waitUntilExit()
        }
    }

    struct NodeEnded: Error { var output: String }

    /// Asks it to stop and waits; gives its exit status.
    func stop() async throws -> Int32 {
        try await OwnThread.run {
            self.process.terminate()
            self.process.waitUntilExit()
            return self.process.terminationStatus
        }
    }
}
