import Dispatch
import Foundation
import Glibc
import Testing

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
        let port = try FreePort.first(of: 12)
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
            for _ in $(seq 300); do grep -q 'alliance runs' out && break; sleep 0.1; done
            cat out
            \(try #require(readme["use"]))
            for _ in $(seq 100); do
                echo; curl -s $(cat alliance/members/member4/node.url)/v1/status | tee last
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
}

private enum FreePort {
    /// The first of so many ports in a row that nobody listens at.
    static func first(of count: Int) throws -> Int {
        for _ in 0..<100 {
            let first = Int.random(in: 20_000...60_000)
            if (first..<first + count).allSatisfy(isFree) { return first }
        }
        throw POSIXError(.EADDRINUSE)
    }

    private static func isFree(_ port: Int) -> Bool {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = UInt16(port).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
