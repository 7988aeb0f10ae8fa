import Foundation
import Testing

@testable import KoinonServer

/// The page's scripts, run by Debian's nodejs where it is installed.
@Suite struct WebScriptTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../../..")
        .standardizedFileURL

    private static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = root
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    /// Ed25519 in WebCrypto came with version 18.4.
    private static let hasNode: Bool = {
        let version = try? run(["node", "--version"])
        let major = version?.output.dropFirst().prefix { $0.isNumber } ?? ""
        return version?.status == 0 && (Int(major) ?? 0) >= 18
    }()

    @Test(.enabled(if: hasNode, "nodejs 18 is not installed"))
    func `The page's own reading of the formats agrees with the vectors`() throws {
        let (status, output) = try Self.run(["node", "--test", "Tests/Web/"])
        #expect(status == 0, "\(output)")
    }

    @Test func `The page's tables of messages are current`() throws {
        let (status, output) = try Self.run(
            ["python3", "scripts/generate-web-messages.py", "--check"])
        #expect(status == 0, "\(output)")
    }
}
