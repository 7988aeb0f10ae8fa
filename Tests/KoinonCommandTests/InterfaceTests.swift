import Foundation
import Testing

/// docs/openapi.yaml held against a node of the built command by schemathesis, which makes
/// requests from the description, right ones and wrong ones: Tests/Interface.
@Suite("The interface as it is described")
struct InterfaceTests {
    private static let isPossible: Bool = {
        guard let python = ProcessInfo.processInfo.environment["KOINON_PYTHON"] else {
            return false
        }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            python, "-c",
            "import schemathesis as s, sys; sys.exit(int(s.__version__.split('.')[0]) < 4)",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    /// More in long tests.
    private static let examples =
        ProcessInfo.processInfo.environment["KOINON_TEST_CASES"] == nil ? 15 : 300

    @Test(
        .enabled(if: isPossible, "schemathesis 4 (PyPI) is not installed: scripts/python-tools.sh"))
    func `has no fault, and no answer that is not described`() async throws {
        let folder = try TemporaryFolder()
        func shell(_ line: String) async throws -> CommandRun {
            let run = try await CommandRun.shell(line, in: folder.url)
            #expect(run.status == 0, "\(line): \(run.output.suffix(12_000))\(run.errors)")
            return run
        }
        _ = try await shell("koinon init --home h --name Harbour --member harbour")
        let settings = """
            join: {member: harbour, testUnit: usd, testAmountMinor: 10000}
            content: {token: opensesame}
            """
        try Data(settings.utf8).write(to: folder.url.appending(path: "h/server.yaml"))
        let node = try await RunningNode.start(home: "h", in: folder.url)
        let package = CommandRun.package.path
        _ = try await shell(
            "koinon load listings '\(package)/Examples/Data/asheville-listings-2022.csv' "
                + "--mapping '\(package)/Examples/Data/asheville-listings.mapping.json' --home h")
        // One worker: hypothesis, which makes the requests, keeps caches that two threads upset.
        let run = try await shell(
            """
            export KOINON_NODE=$(cat h/node.url) NO_PROXY=127.0.0.1
            export SCHEMATHESIS_HOOKS='\(package)/Tests/Interface/hooks.py'
            "$KOINON_PYTHON" -m schemathesis.cli \
              --config-file '\(package)/Tests/Interface/schemathesis.toml' \
              run '\(package)/docs/openapi.yaml' --url "$KOINON_NODE" --no-color --no-shrink \
              --seed 1 --max-examples \(Self.examples) --workers 1 --request-timeout 120 \
              --phases examples,coverage,fuzzing --continue-on-failure --checks \
              not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance
            """)
        #expect(run.output.contains(/Tested: [5-9][0-9]/), "\(run.output)")
        #expect(try await node.stop() == 0)
        let verified = try await shell("koinon verify --home h")
        #expect(verified.output.contains("all is as it must be"))
    }
}
