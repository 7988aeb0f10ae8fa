import Foundation
import Testing

@Suite("koinon renew-key", .timeLimit(.minutes(30)))
struct RenewKeyTests {
    private func run(
        _ text: String, in folder: TemporaryFolder, status: Int32 = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> CommandRun {
        let run = try await CommandRun.shell(text, in: folder.url)
        #expect(
            run.status == status, "\(text): \(run.output)\(run.errors)",
            sourceLocation: sourceLocation)
        return run
    }

    private func kind(_ name: String) -> String {
        """
        koinon send --home h --as harbour \
          '{"resources": {"register_kind": {"kind": "\(name)", "title": "A kind"}}}'
        """
    }

    /// The public keys that stand in the files of the home, present and next.
    private func nodeKeys(_ folder: TemporaryFolder) throws -> (present: String?, next: String?) {
        let keys = folder.url.appending(path: "h/keys")
        func publicKey(_ path: String) throws -> String? {
            let file = keys.appending(path: path)
            guard FileManager.default.fileExists(atPath: file.path) else { return nil }
            let mode = try FileManager.default.attributesOfItem(atPath: file.path)[
                .posixPermissions]
            #expect((mode as? Int) == 0o600)
            let content = try JSONDecoder().decode(
                [String: String].self, from: Data(contentsOf: file))
            return content["public_key"]
        }
        return (try publicKey("harbour.node.json"), try publicKey("next/harbour.node.json"))
    }

    @Test("gives a member another key while its node runs, once")
    func renew() async throws {
        let folder = try TemporaryFolder()
        _ = try await run("koinon init --home h --name H --member harbour", in: folder)
        let first = try nodeKeys(folder).present
        let node = try await RunningNode.start(home: "h", in: folder.url)
        let renewed = try await run("koinon renew-key --home h", in: folder)
        let second = try nodeKeys(folder)
        #expect(second.next == nil && second.present != first)
        #expect(renewed.output.contains("harbour has another node key, and that is final"))
        #expect(renewed.output.contains("…  signs from block 2 on"))
        #expect(renewed.output.contains("…  signs nothing after block 1, and can never"))
        #expect(renewed.output.contains("next  nothing: the node that runs on the home has it"))
        // It signs entries and blocks with it, without a new start.
        let sent = try await run(kind("bike"), in: folder)
        #expect(sent.output.contains("done in block 2"))
        let status = try await run("koinon status --home h", in: folder)
        #expect(status.output.contains("✓ all is well"))
        // Asked again it makes no other, unless one is wanted.
        let again = try await run("koinon renew-key --home h", in: folder)
        #expect(again.output.contains("was renewed at") && again.output.contains("--again"))
        #expect(try nodeKeys(folder).present == second.present)
        _ = try await run("koinon renew-key --home h --again", in: folder)
        #expect(try nodeKeys(folder).present != second.present)
        _ = try await run(kind("boat"), in: folder)
        #expect(try await node.stop() == 0)
        let verified = try await run("koinon verify --home h", in: folder)
        #expect(verified.output.contains("final up to 4"))
    }

    @Test("goes on where it was interrupted, with the same key")
    func resume() async throws {
        let folder = try TemporaryFolder()
        _ = try await run("koinon init --home h --name H --member harbour", in: folder)
        let node = try await RunningNode.start(home: "h", in: folder.url)
        // Its account key lies elsewhere, and at first nobody says where: no key is made for that.
        let refused = try await run(
            "mv h/keys/harbour.json away.json && koinon renew-key --home h", in: folder, status: 2)
        #expect(refused.errors.contains("name its file with --member-key"))
        #expect(try nodeKeys(folder).next == nil)
        // Then somebody names a key that is none of the account's.
        _ = try await run(
            "koinon renew-key --home h --member-key h/keys/harbour.node.json", in: folder, status: 1
        )
        let waits = try #require(try nodeKeys(folder).next)
        let renewed = try await run(
            "koinon renew-key --home h --member-key away.json", in: folder)
        #expect(renewed.errors.contains("takes the key that was made before"))
        #expect(try nodeKeys(folder) == (waits, nil))
        // Interrupted after the registration: as if the file had not been moved.
        _ = try await run(
            "mkdir -p h/keys/next && mv h/keys/harbour.node.json h/keys/next/", in: folder)
        let settled = try await run("koinon renew-key --home h", in: folder)
        #expect(settled.errors.contains("\(waits), is registered already"))
        #expect(try nodeKeys(folder) == (waits, nil))
        #expect(try await node.stop() == 0)
        // Without its file the node says what to do.
        let none = try await run(
            "rm h/keys/harbour.node.json && koinon node --home h", in: folder, status: 2)
        #expect(none.errors.contains("koinon renew-key --node URL"))
    }

    @Test("registers the key of a home that was made anew, at another node")
    func join() async throws {
        let folder = try TemporaryFolder()
        _ = try await run("koinon init --home safe --name H --member harbour", in: folder)
        let node = try await RunningNode.start(home: "safe", in: folder.url)
        let joined = try await run(
            """
            koinon join --genesis safe/genesis.json --peer "$(cat safe/node.url)" --home h \
              --member harbour
            """, in: folder)
        #expect(joined.output.contains("koinon renew-key --home h --member harbour --node http"))
        let made = try nodeKeys(folder)
        // The account key that it made is nobody's.
        let wrong = try await run(
            "koinon renew-key --home h --node \"$(cat safe/node.url)\"", in: folder, status: 1)
        #expect(wrong.errors.contains("name the file of one with --member-key"))
        let renew =
            "koinon renew-key --home h --node \"$(cat safe/node.url)\" --member-key safe/keys/harbour.json"
        let renewed = try await run(renew, in: folder)
        #expect(renewed.output.contains("next  koinon node --home h"))
        #expect(try nodeKeys(folder) == made)
        #expect(try await run(renew, in: folder).output.contains("was renewed at"))
        #expect(try await node.stop() == 0)
    }

    @Test("says what is missing")
    func faults() async throws {
        let folder = try TemporaryFolder()
        _ = try await run(
            "koinon init --home h --name H --member harbour --member city", in: folder)
        let several = try await run("koinon renew-key --home h", in: folder, status: 64)
        #expect(several.errors.contains("--member: name one of those hosted here: harbour, city"))
        let foreign = try await run(
            "koinon renew-key --home h --member port", in: folder, status: 64)
        #expect(foreign.errors.contains("is not hosted here"))
        let stopped = try await run(
            "koinon renew-key --home h --member city", in: folder, status: 2)
        #expect(stopped.errors.contains("no node runs on h"))
    }
}
