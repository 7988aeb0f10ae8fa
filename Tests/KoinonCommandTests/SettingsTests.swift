import Foundation
import Testing

@Suite("the settings of a node")
struct SettingsTests {
    private func check(
        _ arguments: [String] = [], environment: String = "", file: String? = nil
    ) async throws -> CommandRun {
        let folder = try TemporaryFolder()
        if let file {
            try Data(file.utf8).write(to: folder.url.appending(path: "server.yaml"))
        }
        let line =
            "unset KOINON_HTTP_PORT; \(environment) koinon node --home . --check-config "
            + arguments.joined(separator: " ")
        return try await CommandRun.shell(line, in: folder.url)
    }

    @Test("come from flags before variables before the file")
    func order() async throws {
        let file = "http: {port: 1001, host: localhost, allowedOrigins: [https://a.example]}\n"
        let all = try await check(
            ["--port", "1003"], environment: "KOINON_HTTP_PORT=1002", file: file)
        #expect(all.status == 0, "\(all.errors)")
        #expect(all.output.contains(/http\.port +1003 +--port/))
        #expect(all.output.contains(/http\.host +localhost +\S*server\.yaml/))
        #expect(all.output.contains(#/http\.allowedOrigins +https://a\.example /#))
        let two = try await check(environment: "KOINON_HTTP_PORT=1002", file: file)
        #expect(two.output.contains(/http\.port +1002 +KOINON_HTTP_PORT in the environment/))
        let one = try await check(file: file)
        #expect(one.output.contains(#/http\.port +1001 /#))
    }

    @Test(
        "are those named in the documentation when the file says nothing",
        arguments: ["", "\n", "# http:\n#   port: 1001\n", "---\n", "{}\n"])
    func nothing(file: String) async throws {
        let empty = try await check(file: file)
        #expect(empty.status == 0, "\(empty.errors)")
        let none = try await check()
        #expect(empty.output == none.output)
        #expect(empty.output.contains(/http\.port +8080 +as it comes/))
    }

    @Test("by which people join are taken as they stand in the README")
    func joining() async throws {
        let readme = try String(
            contentsOf: CommandRun.package.appending(path: "README.md"), encoding: .utf8)
        let block = try #require(readme.firstMatch(of: #/```yaml\n(join:\n[^`]+)```/#))
        let taken = try await check(file: String(block.1))
        #expect(taken.status == 0, "\(taken.errors)")
        #expect(taken.output.contains(#/join\.member +harbour +\S*server\.yaml/#))
        #expect(taken.output.contains(#/join\.testUnit +usd +\S*server\.yaml/#))
    }

    @Test("ask the peers of node.json for content, unless they name others or none")
    func contentSources() async throws {
        let folder = try TemporaryFolder()
        let peers =
            #"{"hosts": [], "clock": "system", "peers": ["http://a.example", "http://b.example"]}"#
        try Data(peers.utf8).write(to: folder.url.appending(path: "node.json"))
        let line = "koinon node --home . --check-config"
        let peered = try await CommandRun.shell(line, in: folder.url)
        #expect(
            peered.output.contains(
                #/content\.sources +http://a\.example,http://b\.example +peers of \S*node\.json/#))
        let server = folder.url.appending(path: "server.yaml")
        try Data("content: {sources: [http://c.example]}\n".utf8).write(to: server)
        let others = try await CommandRun.shell(line, in: folder.url)
        #expect(
            others.output.contains(#/content\.sources +http://c\.example +\S*server\.yaml/#))
        try Data("content: {sources: []}\n".utf8).write(to: server)
        let none = try await CommandRun.shell(line, in: folder.url)
        #expect(none.status == 0, "\(none.errors)")
        #expect(none.output.contains(#/content\.sources +\S*server\.yaml/#))
    }

    @Test("come from no file that is too long, or that its aliases make too long")
    func limits() async throws {
        let long = try await check(file: String(repeating: "#", count: 65_537))
        #expect(long.status == 2 && long.errors.contains("65536 bytes"), "\(long.errors)")
        var nested = "a0: &a0 [x, x]\n"
        for level in 1...40 {
            let below = "*a\(level - 1)"
            nested += "a\(level): &a\(level) [\(below), \(below)]\n"
        }
        let grown = try await check(file: nested)
        #expect(grown.status == 2 && grown.errors.contains("aliases"), "\(grown.errors)")
    }

    @Test("are each named when they are wrong, with what to write")
    func faults() async throws {
        let run = try await check(
            ["--log-level", "loud"],
            environment: "KOINON_LIMITS_CONNECTIONS=many",
            file: """
                http: {port: 70000, prot: 1}
                tls: {certificate: /nowhere.pem}
                limits: {bodyBytes: lots}
                """)
        #expect(run.status == 2)
        let lines = run.errors.split(separator: "\n")
        for start in [
            "koinon: http.prot (", "koinon: http.port (",
            "koinon: limits.bodyBytes (", "koinon: limits.connections (KOINON_LIMITS_CONNECTIONS",
            "koinon: log.level (--log-level)", "koinon: tls.key (",
        ] {
            #expect(lines.contains { $0.hasPrefix(start) && $0.contains("; ") }, "\(start)")
        }
        #expect(lines.count == 6, "\(run.errors)")
        #expect(run.output.isEmpty)
    }

    @Test("that mean nothing are told, with the name that is meant")
    func unknown() async throws {
        let run = try await check(
            environment: """
                export KOINON_HTTP_PROT=1 KOINON_COLOUR=red KOINON_NODE=http://a.example \
                  KOINON_PYTHON=python3 KOINON_FAULTS=1 KOINON_TEST_CASES=5 KOINON_FUZZ_TARGET=a;
                """)
        #expect(run.status == 0, "\(run.errors)")
        let lines = run.errors.split(separator: "\n")
        #expect(lines.count == 2, "\(run.errors)")
        #expect(lines[0].hasPrefix("koinon: warning: KOINON_COLOUR (the environment): is no"))
        #expect(lines[1].contains("KOINON_HTTP_PROT") && lines[1].contains("KOINON_HTTP_PORT if"))
        let file = try await check(file: "http: {prot: 1}")
        #expect(file.status == 2 && file.errors.contains("http.prot ("))
        #expect(file.errors.contains("write http.port if you meant that"), "\(file.errors)")
    }

    @Test(
        "need a node.json that is whole, or none",
        arguments: [
            ("{\"clock\": \"system\"}", "hosts", "is missing"),
            (#"{"hosts": "a", "clock": "system"}"#, "hosts", "has another form"),
            (#"{"hosts": ["a", 1], "clock": "system"}"#, "hosts[1]", "has another form"),
            (#"{"hosts": [], "clock": "sun"}"#, "clock", "system"),
            (
                #"{"hosts": [], "clock": "system", "engine": {"etcd": {}}}"#,
                "engine.etcd.endpoints", ":2379"
            ),
            ("{", "the file", "is no JSON"),
        ])
    func nodeFile(_ content: String, _ field: String, _ hint: String) async throws {
        let folder = try TemporaryFolder()
        try Data(content.utf8).write(to: folder.url.appending(path: "node.json"))
        let run = try await CommandRun.shell("koinon node --home . --check-config", in: folder.url)
        #expect(run.status == 2)
        #expect(run.errors.hasPrefix("koinon: \(field) ("), "\(run.errors)")
        #expect(run.errors.contains(hint) && run.errors.contains("home.md"), "\(run.errors)")
        #expect(!run.errors.contains("Swift") && !run.errors.contains("codingPath"))
    }

    @Test("all stand in docs/configuration.md, and no others")
    func documented() async throws {
        let run = try await check(environment: "KOINON_CONTENT_TOKEN=opensesame")
        #expect(run.status == 0, "\(run.errors)")
        #expect(!run.output.contains("opensesame"))
        let names = Set(
            run.output.split(separator: "\n").compactMap {
                $0.split(separator: " ").first.map(String.init)
            })
        let page = try String(
            contentsOf: CommandRun.package.appending(path: "docs/configuration.md"),
            encoding: .utf8)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
        let documented = Set(
            rows.flatMap { row in
                row.split(separator: "|")[0].matches(of: /`([a-zA-Z.]+)`/).map { String($0.1) }
            })
        #expect(names == documented)
        #expect(names.count > 15)
    }
}
