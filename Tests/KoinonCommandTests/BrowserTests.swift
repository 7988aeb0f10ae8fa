import Foundation
import Testing

/// The web page in real browsers, driven from Python: Tests/Browser.
@Suite("The web page")
struct BrowserTests {
    /// Chromium and its driver are Debian's, selenium is PyPI's.
    private static let isPossible: Bool = {
        guard let python = ProcessInfo.processInfo.environment["KOINON_PYTHON"] else {
            return false
        }
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [
            "-c", "command -v chromium && command -v chromedriver && \"$0\" -c 'import selenium'",
            python,
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    @Test(.enabled(if: isPossible, "chromium, chromium-driver or selenium is not installed"))
    func `lets people lend, borrow, review, dispute and check`() async throws {
        let koinon = CommandRun.products.appending(path: "koinon").path
        let run = try await CommandRun.shell(
            "KOINON='\(koinon)' \"$KOINON_PYTHON\" -m unittest discover -s Tests/Browser",
            in: CommandRun.package)
        #expect(run.status == 0, "\(run.errors)")
    }
}
