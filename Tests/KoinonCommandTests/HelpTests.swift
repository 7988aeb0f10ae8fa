import Foundation
import Testing

@Suite("help texts")
struct HelpTests {
    private static let commands = [
        [], ["demo"], ["init"], ["alliance"], ["alliance", "init"],
        ["alliance", "certificate"], ["alliance", "authority"], ["join"], ["node"], ["status"],
        ["renew-key"], ["keys"], ["keys", "new"], ["keys", "open"],
        ["keys", "list"], ["send"], ["query"], ["replay"], ["load"],
        ["load", "listings"], ["verify"], ["simulate"], ["proof"],
        ["proof", "transaction"], ["proof", "state"], ["proof", "absent"], ["check-proof"],
        ["follow"], ["diff-state"], ["alliance"], ["alliance", "recover"],
        ["alliance", "recover", "state"], ["alliance", "recover", "propose"],
        ["alliance", "recover", "sign"], ["alliance", "recover", "begin"],
        ["review"], ["review", "seal"], ["review", "open"], ["standing"],
        ["standing", "show"], ["standing", "explain"], ["standing", "trial"],
        ["export", "events"], ["index"], ["index", "rebuild"],
        ["snapshot"], ["snapshot", "make"], ["snapshot", "list"], ["snapshot", "remove"],
        ["prune"], ["backup"], ["restore"],
        ["bench"], ["bench", "payments"], ["bench", "leases"],
    ]

    private static let snapshot = CommandRun.package
        .appending(path: "Tests/KoinonCommandTests/Snapshots/help.txt")

    /// With KOINON_RECORD=1 the snapshot is written anew, and the test fails, so that
    /// nobody records by accident.
    @Test("are as they were last looked at")
    func help() async throws {
        var text = ""
        for command in Self.commands {
            let line = (["koinon"] + command + ["--help"]).joined(separator: " ")
            let run = try await CommandRun.shell(line, in: CommandRun.package)
            #expect(run.status == 0)
            text += "$ \(line)\n\(run.output)\n"
        }
        if ProcessInfo.processInfo.environment["KOINON_RECORD"] == "1" {
            try Data(text.utf8).write(to: Self.snapshot)
            Issue.record("recorded; run again without KOINON_RECORD")
            return
        }
        let expected = try String(contentsOf: Self.snapshot, encoding: .utf8)
        #expect(text == expected, "look at the difference; KOINON_RECORD=1 records it")
    }
}
