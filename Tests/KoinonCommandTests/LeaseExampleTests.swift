import Foundation
import Testing

/// Examples/Lease and Examples/lease.py, which is written from the documents alone, on a node
/// of the built command.
@Suite("the lease by HTTP")
struct LeaseExampleTests {
    private static let python = ProcessInfo.processInfo.environment["KOINON_PYTHON"] ?? "python3"

    private static let isPossible: Bool = {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            LeaseExampleTests.python, "-c", "import sys; sys.exit(sys.version_info < (3, 9))",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func shell(_ line: String, expecting status: Int32 = 0) async throws -> CommandRun {
        let run = try await CommandRun.shell(line, in: folder.url)
        #expect(run.status == status, "\(line): \(run.output)\(run.errors)")
        return run
    }

    /// A node with these settings, and what the member did on it first.
    private func start(settings: String?, actions: String) async throws -> RunningNode {
        _ = try await shell("koinon init --home h --name Harbour --member harbour")
        if let settings {
            try Data(settings.utf8).write(to: folder.url.appending(path: "h/server.yaml"))
        }
        let node = try await RunningNode.start(home: "h", in: folder.url)
        _ = try await shell("koinon send --home h --as harbour '[\(actions)]'")
        return node
    }

    private func lease(expecting status: Int32 = 0) async throws -> CommandRun {
        let script = CommandRun.package.appending(path: "Examples/lease.py").path
        return try await shell(
            "NO_PROXY=127.0.0.1 '\(Self.python)' '\(script)' --node $(cat h/node.url) --keys keys",
            expecting: status)
    }

    private static let kind =
        #"{"resources": {"register_kind": {"kind": "boat", "title": "Rowing boat"}}}"#
    private static let unit =
        #"{"money": {"create_unit": {"unit": "usd", "title": "US dollar", "scale": 2}}}"#

    @Test(
        "goes from two new keys to opened reviews, and again with what is left",
        .enabled(if: isPossible, "Python 3.9 or later is not installed"))
    func whole() async throws {
        let node = try await start(
            settings: "join: {member: harbour, testUnit: usd, testAmountMinor: 10000}\n",
            actions: "\(Self.unit), \(Self.kind)")
        let first = try await lease()
        // One half hour of 5.00, of which the platform has a tenth.
        #expect(first.output.contains(/anna +has 104\.50 usd, standing [0-9]+ millionths/))
        #expect(first.output.contains(/ben +has 95\.00 usd, standing [0-9]+ millionths/))
        #expect(first.output.contains(/opened +9 of 10 by anna, 8 of 10 by ben/))
        for name in ["anna", "ben"] {
            let file = folder.url.appending(path: "keys/\(name).json").path
            let mode =
                try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
        // The same keys, joined and paid out already.
        let second = try await lease()
        #expect(second.output.contains(/ben +has 90\.25 usd/))
        #expect(try await node.stop() == 0)
        #expect(try await shell("koinon verify --home h").output.contains("all is as it must be"))
    }

    @Test("in Swift goes from two new keys to opened reviews too")
    func inSwift() async throws {
        let node = try await start(
            settings: "join: {member: harbour, testUnit: usd, testAmountMinor: 10000}\n",
            actions: "\(Self.unit), \(Self.kind)")
        let run = try await shell("lease-example $(cat h/node.url)")
        #expect(run.output.contains(/found +A boat by the half hour, [a-z0-9]+: 5\.00 usd/))
        #expect(run.output.contains(/booked +koiagr1[a-z0-9]+, set aside 30\.00 usd/))
        #expect(run.output.contains(/anna +has 4\.50 usd, standing [0-9]+ millionths/))
        #expect(run.output.contains(/ben +has 95\.00 usd, standing [0-9]+ millionths/))
        #expect(run.output.contains(/opened +9 of 10 by anna, 8 of 10 by ben/))
        let nobody = try await shell("lease-example http://127.0.0.1:1", expecting: 1)
        #expect(nobody.errors.contains("no node answers at http://127.0.0.1:1"))
        #expect(try await node.stop() == 0)
        #expect(try await shell("koinon verify --home h").output.contains("all is as it must be"))
    }

    @Test(
        "names the setting when nobody may join, or gets no money",
        .enabled(if: isPossible, "Python 3.9 or later is not installed"))
    func closed() async throws {
        let closed = try await start(settings: nil, actions: Self.kind)
        let nobody = try await lease(expecting: 1)
        #expect(nobody.errors.contains("joiningClosed"))
        #expect(nobody.errors.contains("sets join.member in server.yaml"))
        #expect(try await closed.stop() == 0)

        try Data("join: {member: harbour}\n".utf8)
            .write(to: folder.url.appending(path: "h/server.yaml"))
        let poor = try await RunningNode.start(home: "h", in: folder.url)
        let nothing = try await lease(expecting: 1)
        #expect(nothing.errors.contains("noTestMoney"))
        #expect(nothing.errors.contains("join.testUnit and join.testAmountMinor"))
        #expect(try await poor.stop() == 0)
    }

    @Test(
        "signs only what was asked for, and the platform in miniature shows only text",
        .enabled(if: isPossible, "Python 3.9 or later is not installed"))
    func bodies() async throws {
        let tests = CommandRun.package.appending(path: "Tests/Examples").path
        let run = try await shell(
            "NO_PROXY=127.0.0.1 '\(Self.python)' -m unittest discover -s '\(tests)'")
        #expect(run.errors.contains(/Ran [1-9][0-9]* tests/))
    }
}
