import Foundation
import Testing

@Suite("wrong use of the command")
struct MisuseTests {
    @Test(
        "is answered with the reason and the remedy, and the documented exit status",
        arguments: [
            ("koinon query status --home nowhere", 2, "koinon init"),
            ("koinon init", 64, "koinon: --member"),
            ("koinon init --member Harbour", 64, "a-z"),
            ("koinon verify --home nowhere", 2, "--home"),
            ("koinon send '{}' --as a --home nowhere", 2, "koinon init"),
            ("koinon replay nothing.csv", 64, "--mapping"),
            ("koinon check-proof --genesis none.json none.proof.json", 2, "none.json"),
            ("koinon join --genesis none.json --peer http://127.0.0.1:9", 2, "none.json: No such"),
            ("koinon node --home nowhere", 2, "koinon init"),
            ("koinon node --home nowhere --config none.yaml", 2, "none.yaml: No such"),
            ("koinon status --home nowhere", 2, "koinon init"),
            ("koinon snapshot list --home nowhere", 2, "koinon init"),
            ("koinon simulate --seed 18446744073709551615 --seeds 2", 64, "--seeds"),
            ("koinon simulate --seeds 9000000000 --blocks 9000000000", 64, "--blocks"),
            ("koinon simulate --members 4", 64, "--alliance"),
            ("koinon simulate --output nowhere/found.json", 64, "--output"),
            ("koinon bench payments --transactions 9223372036854775807", 64, "--transactions"),
            ("koinon bench growth --few-accounts 1", 64, "--few-accounts: give 2 to"),
            ("koinon alliance certificate anna --folder nowhere", 2, "--folder"),
            ("koinon alliance certificate Anna", 64, "a-z"),
            ("koinon alliance certificate anna --host 10.0.0.5", 64, "--server"),
            ("koinon alliance authority --folder nowhere", 64, "--folder"),
            ("koinon frobnicate", 64, "frobnicate"),
        ])
    func misuse(_ command: String, _ status: Int, _ hint: String) async throws {
        let folder = try TemporaryFolder()
        let run = try await CommandRun.shell(command, in: folder.url)
        #expect(run.status == Int32(status), "\(run.output)\(run.errors)")
        #expect(run.errors.contains(hint), "\(run.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
    }

    @Test("a file that is no genesis document is told by the name that it was given")
    func genesis() async throws {
        let folder = try TemporaryFolder()
        let other = #"{"format": "other"}"#
        try Data(other.utf8).write(to: folder.url.appending(path: "alliance.txt"))
        for command in [
            "check-proof --genesis alliance.txt alliance.txt",
            "follow --genesis alliance.txt http://127.0.0.1:9",
            "join --genesis alliance.txt --peer http://127.0.0.1:9 --home h",
        ] {
            let run = try await CommandRun.shell("koinon \(command)", in: folder.url)
            #expect(run.status == 2, "\(command): \(run.output)")
            #expect(run.errors.hasPrefix("koinon: alliance.txt: format is"), "\(run.errors)")
        }
    }

    @Test("events are asked for beyond the last block: what the last one is, is told")
    func eventsBeyond() async throws {
        let folder = try TemporaryFolder()
        _ = try await CommandRun.shell("koinon init --member harbour --home h", in: folder.url)
        _ = try await RunningNode.start(home: "h", in: folder.url).stop()
        let run = try await CommandRun.shell(
            "koinon export events --home h --from 9", in: folder.url)
        #expect(run.status == 0 && run.output.isEmpty)
        #expect(run.errors.contains("up to block 0: nothing from block 9 on"), "\(run.errors)")
    }

    @Test("a home that joined other members does not order by itself")
    func noEngine() async throws {
        let folder = try TemporaryFolder()
        let run = try await CommandRun.shell(
            """
            koinon init --member harbour --member city --home h >&2
            echo '{"hosts": ["harbour"], "clock": "system", "peers": ["http://127.0.0.1:9"]}' \
              > h/node.json
            koinon node --home h
            """, in: folder.url)
        #expect(run.status == 2)
        #expect(run.errors.contains("names peers and no engine"), "\(run.errors)")
    }

    @Test("another user's home is told from none at all, and from one that may only be read")
    func otherUser() async throws {
        let folder = try TemporaryFolder()
        _ = try await CommandRun.shell("koinon init --member harbour --home h", in: folder.url)
        _ = try await RunningNode.start(home: "h", in: folder.url).stop()
        // Root may read and write everything: then it is somebody else who asks.
        let other =
            "as=; if [ $(id -u) = 0 ]; then as='setpriv --reuid=65534 --regid=65534 --clear-groups'; fi; "
            + "$as koinon --help > /dev/null 2>&1 || exit 77; s=0;"
        let closed = try await CommandRun.shell(
            "chmod 000 h; \(other) $as koinon verify --home h || s=$?; chmod 700 h; exit $s",
            in: folder.url)
        // Where the command itself lies in a folder that only root may enter.
        if closed.status == 77 { return }
        #expect(closed.status == 2 && closed.errors.contains("closed to this user"))
        let readOnly = try await CommandRun.shell(
            "chmod -R a-w,a+rX h; \(other) $as koinon verify --home h || s=$?; chmod -R u+w h; exit $s",
            in: folder.url)
        #expect(readOnly.status == 2, "\(readOnly.output)")
        #expect(readOnly.errors.contains("run it as the user"), "\(readOnly.errors)")
    }

    @Test("a home in use, no node, unknown keys, bad JSON and bad actions each say what to do")
    func againstAHome() async throws {
        let folder = try TemporaryFolder()
        func run(_ text: String) async throws -> CommandRun {
            try await CommandRun.shell(text, in: folder.url)
        }
        #expect(try await run("koinon init --member harbour --home h").status == 0)
        let again = try await run("koinon init --member harbour --home h")
        #expect(again.status == 2)
        #expect(again.errors.contains("another --home"))

        let noNode = try await run(
            "koinon keys new anna --home h && koinon keys open anna --sponsor harbour --home h")
        #expect(noNode.status == 2)
        #expect(noNode.errors.contains("koinon node"))

        let node = try await RunningNode.start(home: "h", in: folder.url)
        let second = try await run("koinon node --home h")
        #expect(second.status == 2)
        #expect(second.errors.contains("process"))

        let samePort = try await run(
            "koinon init --member city --home g >&2"
                + " && timeout 60 koinon node --home g --port $(sed 's/.*://' h/node.url)")
        #expect(samePort.status == 2)
        #expect(samePort.errors.contains("http.port"), "\(samePort.errors)")
        let otherHost = try await run("timeout 60 koinon node --home g --host 192.0.2.1")
        #expect(otherHost.status == 2)
        #expect(otherHost.errors.contains("http.host"), "\(otherHost.errors)")

        for (text, status, hint) in [
            ("koinon send '{\"mony\": {}}' --as harbour --home h", 2, "mony"),
            ("koinon send '{\"money\": ' --as harbour --home h", 2, "JSON"),
            ("koinon send '[]' --as harbour --home h", 64, "at least one"),
            ("koinon send '{\"money\": {}}' --as nobody --home h", 2, "nobody"),
            (
                "koinon send '{\"money\": {\"transfer\": {\"unit\": \"usd\", \"to\": \"@harbour\", \"amount_minor\": 1}}}' --as harbour --home h",
                1, "unknownUnit"
            ),
            ("koinon query account koi1wrong --home h", 64, "koi1"),
            (
                "koinon query transaction \(String(repeating: "0", count: 64)) --home h", 1,
                "not on this ledger"
            ),
            ("koinon query everything --home h", 64, "koinon query --help"),
            ("koinon query accounts --limit=-1 --home h", 64, "--limit"),
            ("koinon query process nope --home h", 1, "koinon query processes\n"),
            ("koinon query block 99 --home h", 1, "koinon query status"),
            (
                "echo junk > junk; koinon alliance recover propose --home h --output r junk", 1,
                "junk cannot be read"
            ),
            ("koinon proof state zz --home h", 64, "hexadecimal"),
            ("koinon proof state 41 --home h", 1, "absent"),
            (
                "koinon proof transaction \(String(repeating: "0", count: 64)) --home h", 1,
                "no block holds it"
            ),
        ] {
            let answer = try await run(text)
            #expect(answer.status == Int32(status), "\(text): \(answer.output)\(answer.errors)")
            #expect(answer.errors.contains(hint), "\(text): \(answer.errors)")
        }
        #expect(try await node.stop() == 0)
        #expect(try await run("koinon verify --home h --json").output.contains("\"sound\" : true"))
    }
}
