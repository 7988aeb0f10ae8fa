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

    /// Each has a node and browsers of its own and waits for most of its time, so they run side
    /// by side.
    private static let stories = [
        "test_lending", "test_sharing", "test_deciding", "test_everybody", "test_proving",
    ]

    @Test func `is tried in every one of its stories`() throws {
        let files = try FileManager.default.contentsOfDirectory(
            atPath: CommandRun.package.appending(path: "Tests/Browser").path)
        let found = files.filter { $0.hasPrefix("test_") && $0.hasSuffix(".py") }
        #expect(Set(found) == Set(Self.stories.map { "\($0).py" }))
    }

    @Test(
        .enabled(if: isPossible, "chromium, chromium-driver or selenium is not installed"),
        arguments: stories)
    func `lets people do everything that it is for`(story: String) async throws {
        let koinon = CommandRun.products.appending(path: "koinon").path
        let run = try await CommandRun.shell(
            "KOINON='\(koinon)' \"$KOINON_PYTHON\" -m unittest discover -s Tests/Browser "
                + "-p \(story).py",
            in: CommandRun.package)
        #expect(run.status == 0, "\(run.errors)")
    }
}
