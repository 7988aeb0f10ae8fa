import Foundation
import Testing

@Suite("docs/catching-up.md", .timeLimit(.minutes(30)))
struct CatchingUpTests {
    private func commands() throws -> [String: String] {
        let text = try String(
            contentsOf: CommandRun.package.appending(path: "docs/catching-up.md"),
            encoding: .utf8)
        let found = text.matches(
            of: /<!-- catching-up: ([a-z]+)(?: [A-Z]+)* -->\n```sh\n([^`]*)```/)
        return Dictionary(uniqueKeysWithValues: found.map { (String($0.1), String($0.2)) })
    }

    private func run(_ text: String, in folder: TemporaryFolder) async throws -> CommandRun {
        let run = try await CommandRun.shell(text, in: folder.url)
        #expect(run.status == 0, "\(text): \(run.output)\(run.errors)")
        return run
    }

    @Test func `every command does what the page says`() async throws {
        let commands = try commands()
        #expect(commands.keys.sorted() == ["backup", "join", "prune", "snapshot"])
        let folder = try TemporaryFolder()
        _ = try await run(
            "koinon init --home harbour --name Harbour --member harbour --member city --member port",
            in: folder)
        let node = try await RunningNode.start(home: "harbour", in: folder.url)
        for name in ["bike", "boat", "car"] {
            _ = try await run(
                """
                koinon send --home harbour --as harbour \
                  '{"resources": {"register_kind": {"kind": "\(name)", "title": "A kind"}}}'
                """, in: folder)
        }
        try await RunningNode.untilFinal(3, home: "harbour", in: folder.url)
        let snapshot = try await run(try #require(commands["snapshot"]), in: folder)
        #expect(snapshot.output.contains("snapshot of block 3"))
        #expect(snapshot.output.contains("block 3"))

        let address = try String(
            contentsOf: folder.url.appending(path: "harbour/node.url"), encoding: .utf8
        ).trimmingCharacters(in: .whitespacesAndNewlines)
        let join = try #require(commands["join"]).replacing("PEER", with: address)
        let joined = try await run(join, in: folder)
        // Too few blocks to be worth a snapshot.
        #expect(joined.output.contains("at block 3, final by the members' signatures"))
        #expect(joined.output.contains("3 with 3 transactions"))
        let verified = try await run("koinon verify --home quay", in: folder)
        #expect(verified.output.contains("final up to 3"))
        // Again: nothing to do.
        #expect(try await run(join, in: folder).output.contains("0 with 0 transactions"))

        let status = try await run("koinon status --home harbour", in: folder)
        #expect(status.output.contains("✓ all is well"))
        #expect(status.output.contains("3 members, 3 make a block final"))
        #expect(status.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
        #expect(!status.output.contains("\u{1b}"))
        let json = try await run("koinon status --home harbour --json", in: folder)
        #expect(json.output.contains("\"well\" : true"))
        let half = try await CommandRun.shell(
            "koinon status --node \(address) --node http://127.0.0.1:1", in: folder.url)
        #expect(half.status == 1 && half.output.contains("nobody listens there"))
        #expect(half.output.contains("\n  → is it running"))
        let none = try await CommandRun.shell(
            "koinon status --node http://127.0.0.1:1", in: folder.url)
        #expect(none.status == 2)

        let backup = try await run(try #require(commands["backup"]), in: folder)
        #expect(backup.output.contains("monday: the home as of block 3, without keys"))
        #expect(backup.output.contains("✓ all is as it must be"))
        let keys = folder.url.appending(path: "again/keys").path
        #expect(!FileManager.default.fileExists(atPath: keys))
        #expect(try await node.stop() == 0)

        let pruned = try await run(try #require(commands["prune"]), in: folder)
        #expect(pruned.output.contains("gave up blocks 1 to 1"))
        #expect(pruned.output.contains("not checked   blocks 1 to 1"))
        let again = try await run("koinon prune --home harbour --keep-blocks 2", in: folder)
        #expect(again.output.contains("nothing to give up"))
        // The node goes on, on what is left, and gives its snapshot.
        let second = try await RunningNode.start(home: "harbour", in: folder.url)
        _ = try await run(
            """
            koinon send --home harbour --as city \
              '{"resources": {"register_kind": {"kind": "room", "title": "A room"}}}'
            koinon snapshot remove 3 --home harbour
            koinon verify --home harbour
            """, in: folder)
        #expect(try await second.stop() == 0)
    }

    @Test func `faults are told in words`() async throws {
        let folder = try TemporaryFolder()
        for (command, says) in [
            (
                "koinon join --genesis nothing.json --peer http://127.0.0.1:1 --home a",
                "nothing.json"
            ),
            ("koinon backup --home nowhere --to b", "no genesis.json here"),
            ("koinon restore --from nowhere --home c", "not a backup"),
            ("koinon snapshot remove 7 --home d", "no snapshot of block 7"),
            ("koinon status --home nowhere", "no node.json here"),
        ] {
            let run = try await CommandRun.shell(command, in: folder.url)
            #expect(run.status == 2, "\(command)")
            #expect(run.errors.contains(says), "\(command): \(run.errors)")
        }
        _ = try await run("koinon init --home e --name E --member alfa", in: folder)
        let alone = try await CommandRun.shell(
            "koinon join --genesis e/genesis.json --peer http://127.0.0.1:1 --home f",
            in: folder.url)
        #expect(alone.status == 2)
        #expect(alone.errors.contains("no peer gives block 1"))
    }
}
