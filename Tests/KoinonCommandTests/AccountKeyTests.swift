import Foundation
import Testing

/// A member's account key that gives way to another, by the commands of docs/operate.md.
@Suite("a new account key", .timeLimit(.minutes(30)))
struct AccountKeyTests {
    private static func blocks() throws -> [String: String] {
        let text = try String(
            contentsOf: CommandRun.package.appending(path: "docs/operate.md"), encoding: .utf8)
        let found = text.matches(of: /<!-- account-key: ([a-z]+) -->\n *```sh\n([^`]*)```/)
        return Dictionary(uniqueKeysWithValues: found.map { (String($0.1), String($0.2)) })
    }

    private struct Key: Decodable {
        var name: String
        var public_key: String
        var account: String
        var is_open: Bool
    }

    private func run(_ text: String, in folder: TemporaryFolder) async throws -> CommandRun {
        let run = try await CommandRun.shell(text, in: folder.url)
        try #require(run.status == 0, "\(text): \(run.output)\(run.errors)")
        return run
    }

    private func key(_ name: String, in folder: TemporaryFolder) async throws -> Key {
        let list = try await run("koinon keys list --home h --json", in: folder)
        let keys = try JSONDecoder().decode([Key].self, from: Data(list.output.utf8))
        return try #require(keys.first { $0.name == name })
    }

    @Test("acts for the member's account, and accounts are opened before, meanwhile and after")
    func change() async throws {
        let blocks = try Self.blocks()
        #expect(blocks.keys.sorted() == ["add", "replace", "revoke"])
        let folder = try TemporaryFolder()
        _ = try await run("koinon init --home h --name H --member harbour", in: folder)
        let node = try await RunningNode.start(home: "h", in: folder.url)
        func open(_ name: String) async throws {
            let opened = try await run(
                "koinon keys new \(name) --home h && koinon keys open \(name) --sponsor harbour --home h",
                in: folder)
            #expect(opened.output.contains("done in block"), "\(opened.output)")
        }
        let old = try await key("harbour", in: folder)
        func step(_ text: String?, new: String = "NEW") async throws {
            let text = try #require(text).replacing("HOME", with: "h")
                .replacing("ACCOUNT", with: old.account).replacing("OLD", with: old.public_key)
                .replacing("NEW", with: new)
            _ = try await run(text, in: folder)
        }
        // The key is made before it can be named.
        let add = try #require(blocks["add"]).split(separator: "\n", maxSplits: 1).map(String.init)
        try await step(add.first)
        let new = try await key("harbour.next", in: folder).public_key
        try await step(add.last, new: new)
        try await open("anna")
        try await step(blocks["replace"])
        try await open("ben")
        try await step(blocks["revoke"])
        try await open("carl")
        let now = try await key("harbour", in: folder)
        #expect(now.public_key == new && now.account == old.account && now.is_open)
        // The account's next node key is registered with it too.
        _ = try await run("koinon renew-key --home h", in: folder)
        let revoked = try await run("koinon query account \(old.account) --home h", in: folder)
        #expect(!revoked.output.contains(old.public_key) && revoked.output.contains(new))
        #expect(try await node.stop() == 0)
    }
}
