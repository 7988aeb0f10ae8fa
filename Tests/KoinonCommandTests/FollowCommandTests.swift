import Foundation
import Testing

@Suite("koinon follow")
struct FollowCommandTests {
    @Test("keeps what it trusts, names who is silent, and judges proofs by it")
    func follow() async throws {
        let folder = try TemporaryFolder()
        func run(_ line: String) async throws -> CommandRun {
            try await CommandRun.shell(line, in: folder.url)
        }
        func said(_ run: CommandRun, _ part: String, status: Int32 = 0) {
            #expect(run.status == status, "\(run.output)\(run.errors)")
            #expect((run.output + run.errors).contains(part), "\(run.output)\(run.errors)")
        }
        _ = try await run("koinon init --home harbour --name Harbour --member harbour")
        let node = try await RunningNode.start(home: "harbour", in: folder.url)
        let send =
            #"koinon send --home harbour --as harbour '{"resources": {"register_kind": {"kind": "KIND", "title": "Boat"}}}'"#
        let first = try await run(send.replacing("KIND", with: "boat"))
        let line = try #require(first.output.firstMatch(of: /transaction ([0-9a-f]{64})/))
        try await RunningNode.untilFinal(1, home: "harbour", in: folder.url)
        let follow = "koinon follow --genesis harbour/genesis.json --state t.json"
        said(try await run("\(follow) $(cat harbour/node.url)"), "✓ trusted up to block 1")
        _ = try await run(
            "koinon proof transaction \(line.1) --home harbour --output boat.proof.json")
        said(
            try await run("koinon check-proof --trusted t.json boat.proof.json"),
            "✓ the proof holds")
        _ = try await run(send.replacing("KIND", with: "raft"))
        // Port 9 of this machine: nobody answers there.
        said(
            try await run("\(follow) $(cat harbour/node.url) http://127.0.0.1:9"),
            "no answer", status: 1)
        said(
            try await run("\(follow) --claim boat.proof.json $(cat harbour/node.url)"),
            "✓ the proof holds: this transaction was executed")
        let text = try String(
            contentsOf: folder.url.appending(path: "boat.proof.json"), encoding: .utf8)
        let forged = text.replacing("\"receipt\": \"", with: "\"receipt\": \"08")
        try Data(forged.utf8).write(to: folder.url.appending(path: "forged.proof.json"))
        said(
            try await run("\(follow) --claim forged.proof.json $(cat harbour/node.url)"),
            "✗ the claim does not hold", status: 1)
        said(
            try await run("koinon check-proof --trusted t.json forged.proof.json"),
            "✗ the proof does not hold", status: 1)
        said(
            try await run(
                "koinon check-proof --trusted t.json --genesis harbour/genesis.json boat.proof.json"
            ), "give one of", status: 64)
        #expect(try await node.stop() == 0)
        said(try await run("koinon diff-state harbour harbour"), "✓ nothing differs")
    }
}
