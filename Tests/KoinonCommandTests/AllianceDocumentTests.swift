import Foundation
import Testing

@testable import TestNodes

private let hasEtcd = ["/usr/bin/etcd", "/usr/bin/etcdctl"].allSatisfy {
    FileManager.default.isExecutableFile(atPath: $0)
}

/// The alliance of README.md and docs/operate.md, as they say it.
@Suite(
    "the documents' own alliance",
    .enabled(if: hasEtcd, "etcd is not installed: apt-get install etcd-server etcd-client"))
struct AllianceDocumentTests {
    private static func blocks(of page: String) throws -> [String: String] {
        let text = try String(
            contentsOf: CommandRun.package.appending(path: page), encoding: .utf8)
        let found = text.matches(of: /<!-- alliance: ([a-z]+) -->\n```sh\n([^`]*)```/)
        return Dictionary(uniqueKeysWithValues: found.map { (String($0.1), String($0.2)) })
    }

    @Test("is founded, runs, takes a transaction and ends without a trace")
    func alliance() async throws {
        let readme = try Self.blocks(of: "README.md")
        let runbook = try Self.blocks(of: "docs/operate.md")
        #expect(readme["found"] == runbook["found"])
        #expect(readme["start"] == runbook["start"])
        let folder = try TemporaryFolder()
        // Free ports, since tests run side by side; one server of etcd to be quick.
        let port = try #require(FreePorts.take(12).first)
        let found = try #require(readme["found"]).trimmingCharacters(in: .newlines)
        let made = try await CommandRun.shell(
            found + " --http-port \(port) --etcd-port \(port + 4) --etcd 1", in: folder.url)
        #expect(made.status == 0, "\(made.errors)")
        // A test's thread may hold back signals, and what it starts inherits that.
        let python = ProcessInfo.processInfo.environment["KOINON_PYTHON"] ?? "python3"
        let listening =
            "import os,signal,sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); "
            + "os.execvp(sys.argv[1], sys.argv[1:])"
        let used = try await CommandRun.shell(
            """
            \(python) -c '\(listening)' \\
                \(try #require(readme["start"]).trimmingCharacters(in: .newlines)) >out 2>&1 &
            started=$!
            for _ in $(seq 1800); do
                grep -q 'alliance runs' out && break
                kill -0 $started || break
                sleep 0.1
            done
            cat out
            alliance/start.sh 2>again && exit 1
            grep -q 'runs already' again
            \(try #require(readme["use"]))
            for _ in $(seq 1800); do
                echo; curl -s $(cat alliance/members/member4/node.url)/v1/status | tee last || true
                grep -q '"height":1,"final_height":1' last && break; sleep 0.1
            done
            grep -q '"height":1,"final_height":1' last
            kill -TERM $started
            wait $started || true
            """, in: folder.url)
        #expect(used.status == 0, "\(used.output)\(used.errors)")
        #expect(used.output.contains("done in block 1"))
        let left = try await CommandRun.shell(
            "ls alliance/members/*/node.url 2>/dev/null | wc -l", in: folder.url)
        #expect(left.output.trimmingCharacters(in: .whitespacesAndNewlines) == "0")
        let log = try String(
            contentsOf: folder.url.appending(path: "alliance/logs/member1.log"), encoding: .utf8)
        #expect(log.contains("stopped at block 1"))
        try await endsWithItsTerminal(in: folder.url, python: python)
    }

    /// Nobody is there any more who could read what is said at the end.
    private func endsWithItsTerminal(in folder: URL, python: String) async throws {
        let closing = """
            import os, pty, signal
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            pid, terminal = pty.fork()
            if pid == 0:
                os.execvp("alliance/start.sh", ["alliance/start.sh", "cat"])
            seen = b""
            while b"alliance runs" not in seen:
                seen += os.read(terminal, 4096)
            os.close(terminal)
            """
        try Data(closing.utf8).write(to: folder.appending(path: "closing.py"))
        // All that start.sh has started holds the lock.
        let closed = try await CommandRun.shell(
            """
            \(python) closing.py || exit 1
            for _ in $(seq 600); do flock -n alliance/logs true && exit 0; sleep 0.1; done
            exit 1
            """, in: folder)
        #expect(closed.status == 0, "\(closed.output)\(closed.errors)")
        let left = try FileManager.default.contentsOfDirectory(
            atPath: folder.appending(path: "alliance/members/member4").path)
        #expect(!left.contains("node.url"))
    }

    @Test("has keys that only their owner reads")
    func modes() async throws {
        let folder = try TemporaryFolder()
        let made = try await CommandRun.shell(
            "koinon alliance init --member alfa --etcd 1 --folder a", in: folder.url)
        #expect(made.status == 0, "\(made.errors)")
        let open = try await CommandRun.shell(
            "find a \\( -name '*-key.pem' -o -path '*/keys/*.json' \\) -perm /077", in: folder.url)
        #expect(open.output == "")
        let keys = try await CommandRun.shell(
            "find a \\( -name '*-key.pem' -o -path '*/keys/*.json' \\) | wc -l", in: folder.url)
        // Of the authority, a server, etcd's operator, the member's client; node and account.
        #expect(keys.output.trimmingCharacters(in: .whitespacesAndNewlines) == "6")
        let again = try await CommandRun.shell(
            "koinon alliance init --member alfa --folder a", in: folder.url)
        #expect(again.status == 2)
        #expect(again.errors.contains("choose another --folder"))
    }

    @Test("gets other certificates in the places of those that end, and ones for who is new")
    func certificates() async throws {
        let folder = try TemporaryFolder()
        let made = try await CommandRun.shell(
            """
            koinon alliance init --member alfa --etcd 1 --folder a >/dev/null
            koinon alliance certificate alfa --folder a
            koinon alliance certificate etcd1 --folder a --server
            koinon alliance certificate root --folder a
            koinon alliance certificate bravo --folder a
            """, in: folder.url)
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.output.contains("answers at   127.0.0.1, localhost"), "\(made.output)")
        #expect(made.output.contains("etcdctl user add bravo --no-password"), "\(made.output)")
        #expect(!made.output.contains("etcdctl user add alfa"), "\(made.output)")
        let open = try await CommandRun.shell("find a -name '*-key.pem' -perm /077", in: folder.url)
        #expect(open.output == "")
        let files = try await CommandRun.shell(
            "ls a/members/*/etcd a/etcd/certificates | grep -c pem; ls a/members/bravo/etcd",
            in: folder.url)
        // Three places with whom they trust, four pairs, and three from before.
        #expect(files.output == "17\nbravo-key.pem\nbravo.pem\nca.pem\n")
    }
}
