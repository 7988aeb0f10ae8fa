import AsyncHTTPClient
import Foundation
import KoinonClient
import KoinonLedger
import KoinonNode
import KoinonProtocol
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import Testing

@testable import KoinonServer
@testable import TestNodes

/// A node and its HTTP service on a port of this machine.
struct Live {
    let home: TestHome
    let node: Node
    let client: NodeClient
    let group: ServiceGroup
    let context: ServerContext

    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Serves as long as `body` takes, then shuts down gracefully and waits for the end.
    ///
    /// - Parameter preparing: adds what the service needs beside the node.
    static func with<Value: Sendable>(
        _ configuration: ServerConfiguration = ServerConfiguration(), http: HTTPClient = .shared,
        home: TestHome? = nil,
        preparing prepare: @Sendable (inout ServerContext, TestHome) throws -> Void = { _, _ in },
        _ body: @Sendable (Live) async throws -> Value
    ) async throws -> Value {
        var configuration = configuration
        configuration.port = 0
        // Tests ask for minutes, which a slow machine may need.
        configuration.limits.waitMilliseconds = 600_000
        let home = try home ?? TestHome()
        let node = try home.node()
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        var prepared = ServerContext(node: node, configuration: configuration, logger: quiet)
        try prepare(&prepared, home)
        let context = prepared
        let service = try HTTPService(context) { port in listening.yield(port) }
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: node),
                    .init(
                        service: service, successTerminationBehavior: .gracefullyShutdownGroup),
                ], logger: quiet))
        async let running: Void = group.run()
        let port = try #require(await ports.first { _ in true })
        let scheme = configuration.tls == nil ? "http" : "https"
        let client = try NodeClient("\(scheme)://localhost:\(port)", http: http)
        let result: Result<Value, any Error>
        do {
            result = .success(
                try await body(
                    Live(
                        home: home, node: node, client: client, group: group, context: context)))
        } catch { result = .failure(error) }
        await group.triggerGracefulShutdown()
        try await running
        try node.store.close()
        return try result.get()
    }
}

@Suite("A node on a port")
struct LiveTests {
    private static let patience = Duration.seconds(300)

    private static func kinds(_ numbers: Range<Int>, by sender: Sender) throws -> [Envelope] {
        try numbers.map { try sender.sign(.registerKind("kind-\($0)", title: "A kind")) }
    }

    @Test func `answers the client of the library`() async throws {
        try await Live.with { live in
            let status = try await live.client.status()
            #expect(status.chain == live.home.chain.hex)
            #expect(try await live.client.genesis() == live.home.genesis.bytes)
            #expect(try await live.client.members().map(\.id) == ["alfa", "bravo"])
            let alfa = live.home.member("alfa")
            let envelope = try alfa.sign(.registerKind("bike", title: "Bicycle"))
            let done = try await live.client.submit(envelope, wait: .final, limit: Self.patience)
            #expect(done.status == .done && done.final == true)
            // What shows that it is final is stored a moment later.
            await live.node.untilIdle()
            #expect(try await live.client.receipt(of: envelope.bodyHash)?.code == 0)
            #expect(try await live.client.nextNonce(of: alfa.key.publicKey, for: alfa.account) == 2)
            let proof = try ProofFile(
                json: try await live.client.proof(ofTransaction: envelope.bodyHash))
            _ = try proof.check(genesis: live.home.genesis)
            for height in [Height.genesis, Height(1)] {
                let proof = try ProofFile(json: try await live.client.proof(ofBlock: height))
                let checked = try proof.check(genesis: live.home.genesis)
                #expect(checked.header.height == height)
                guard case .block = checked.content else {
                    Issue.record("it proves something else than a block")
                    continue
                }
            }
            await #expect(throws: NodeClientFault.self) {
                _ = try await live.client.proof(ofBlock: Height(999_999))
            }
            let problem = await #expect(throws: NodeClientFault.self) {
                _ = try await live.client.get("/v1/nothing")
            }
            #expect("\(try #require(problem))".contains("noSuchPath"))
        }
    }

    @Test func `proves what stands under a key and that nothing does`() async throws {
        try await Live.with { live in
            _ = try await live.client.submit(
                try live.home.member("alfa").sign(.registerKind("bike", title: "Bicycle")),
                wait: .final, limit: Self.patience)
            await live.node.untilIdle()
            let key = try #require(
                live.node.replica.read { $0.state.rows(prefix: [], from: [], limit: 1).first?.key })
            let present = try ProofFile(
                json: try await live.client.proof(ofStateKey: key, expectsValue: true))
            _ = try present.check(genesis: live.home.genesis)
            let absent = try ProofFile(
                json: try await live.client.proof(ofStateKey: key + [0], expectsValue: false))
            _ = try absent.check(genesis: live.home.genesis)
            await #expect(throws: NodeClientFault.self) {
                _ = try await live.client.proof(ofStateKey: key, expectsValue: false)
            }
        }
    }

    @Test func `takes thousands of transactions in one request, in order`() async throws {
        try await Live.with { live in
            let envelopes = try Self.kinds(0..<1_000, by: live.home.member("alfa"))
            let submissions = try await live.client.submit(envelopes, limit: Self.patience)
            #expect(submissions.map(\.id) == envelopes.map(\.bodyHash.hex))
            #expect(submissions.allSatisfy { $0.status == .done })
        }
    }

    @Test func `shows a large block page by page, each transaction once`() async throws {
        try await Live.with { live in
            let envelopes = try Self.kinds(0..<1_000, by: live.home.member("alfa"))
            _ = try await live.client.submit(envelopes, limit: Self.patience)
            var shown: [String] = []
            for height in 1...live.node.progress.current.height.rawValue {
                var next: String? = "/explorer/block/\(height)"
                while let path = next {
                    let page = String(decoding: try await live.client.get(path), as: UTF8.self)
                    let ids = page.matches(of: /\/explorer\/transaction\/([0-9a-f]{64})/)
                    #expect(ids.count <= 200)
                    shown += ids.map { String($0.output.1) }
                    next = page.firstMatch(of: /href="([^"]*\?leaf=[0-9]+)"/)
                        .map { String($0.output.1) }
                }
            }
            #expect(shown.sorted() == envelopes.map(\.bodyHash.hex).sorted())
        }
    }

    @Test func `sends events as they happen, and goes on behind the last one`() async throws {
        try await Live.with { live in
            let alfa = live.home.member("alfa")
            let first = try await live.client.events(from: 0)
            _ = try await live.client.submit(
                try Self.kinds(0..<10, by: alfa), limit: Self.patience)
            var ids: [String] = []
            for try await event in first {
                ids.append(event.id)
                if ids.count == 5 { break }
            }
            let second = try await live.client.events(after: ids.last)
            for try await event in second {
                ids.append(event.id)
                if ids.count == 10 { break }
            }
            let all = try live.node.store.read { reader in
                try (0...live.node.progress.current.height.rawValue).flatMap { height in
                    try reader.events(ofBlock: Height(height))
                        .map { "\(height).\($0.leaf).\($0.index)" }
                }
            }
            #expect(ids == all)
        }
    }

    @Test func `stops though a reader follows its events`() async throws {
        let stream = try await Live.with { live in
            let events = try await live.client.events(from: 0)
            _ = try await live.client.submit(try Self.kinds(0..<1, by: live.home.member("alfa")))
            var iterator = events.makeAsyncIterator()
            let first = try await iterator.next()
            #expect(first != nil)
            return events
        }
        // The node has ended by now, and said so.
        await #expect(throws: Never.self) {
            do { for try await _ in stream {} } catch is HTTPClientError {}
        }
    }

    @Test func `stops though somebody waits for what others have to sign`() async throws {
        // Two of three members are not there.
        let home = try TestHome(members: ["alfa", "bravo", "carol"], hosts: ["alfa"])
        let (waiting, stopped) = try await Live.with(home: home) { live in
            let envelope = try home.member("alfa").sign(.registerKind("bike", title: "Bicycle"))
            let waiting = Task {
                try await live.client.submit(envelope, wait: .final, limit: .seconds(600))
            }
            while live.node.progress.current.height == .genesis {
                _ = try await live.node.progress.next(after: live.node.progress.current)
            }
            return (waiting, ContinuousClock.now)
        }
        let answer = try await waiting.value
        #expect(stopped.duration(to: .now) < .seconds(300))
        #expect(answer.status == .done && answer.height == 1 && answer.final == false)
    }

    @Test func `takes no more connections of one address than are allowed`() async throws {
        var configuration = ServerConfiguration()
        configuration.limits.connectionsPerAddress = 1
        try await Live.with(configuration) { live in
            let events = try await live.client.events(from: 0)
            // The stream holds the only one.
            var request = HTTPClientRequest(url: live.client.address + "/health/live")
            request.headers.add(name: "Connection", value: "close")
            await #expect(throws: (any Error).self) {
                _ = try await HTTPClient.shared.execute(request, timeout: .seconds(2))
            }
            _ = events
        }
    }

    @Test func `takes a new certificate when the files change`() async throws {
        guard let python = ProcessInfo.processInfo.environment["KOINON_PYTHON"] else { return }
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "koinon-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = ServerConfiguration.TLSFiles(
            certificate: folder.appending(path: "chain.pem").path,
            key: folder.appending(path: "key.pem").path)
        try Self.makeCertificate(files, python)
        let certificates = try Certificates(files, logger: Live.quiet)
        let first = ObjectIdentifier(certificates.current)
        let ends = certificates.standing.ends
        certificates.look()
        #expect(ObjectIdentifier(certificates.current) == first)
        #expect(!certificates.standing.hasRefused)
        try Data("no certificate".utf8).write(to: URL(filePath: files.certificate))
        certificates.look()
        #expect(ObjectIdentifier(certificates.current) == first)
        #expect(certificates.standing == (ends, true))
        try Self.makeCertificate(files, python, days: 3)
        certificates.look()
        #expect(ObjectIdentifier(certificates.current) != first)
        #expect(!certificates.standing.hasRefused)
        #expect(certificates.standing.ends > ends)

        var configuration = ServerConfiguration()
        configuration.tls = files
        var trust = TLSConfiguration.makeClientConfiguration()
        trust.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(files.certificate))
        let http = HTTPClient(configuration: .init(tlsConfiguration: trust))
        let (status, metrics) = try await Live.with(configuration, http: http) { live in
            #expect(live.client.address.hasPrefix("https://"))
            try Data("no certificate".utf8).write(to: URL(filePath: files.certificate))
            return (
                try await live.client.status(),
                String(decoding: try await live.client.get("/metrics"), as: UTF8.self)
            )
        }
        #expect(status.height == 0)
        #expect(metrics.contains("\nkoinon_certificate_remaining_seconds "))
        #expect(status.certificateEnds?.timestamp == certificates.standing.ends)
        try await http.shutdown()
    }

    /// A new key and a certificate for "localhost" that it signs itself.
    private static func makeCertificate(
        _ files: ServerConfiguration.TLSFiles, _ python: String, days: Int = 1
    ) throws {
        let script = """
            import datetime, sys
            from cryptography import x509
            from cryptography.hazmat.primitives import hashes, serialization
            from cryptography.hazmat.primitives.asymmetric import ec
            key = ec.generate_private_key(ec.SECP256R1())
            name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
            now = datetime.datetime.now(datetime.timezone.utc)
            certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name)
                .public_key(key.public_key()).serial_number(x509.random_serial_number())
                .not_valid_before(now - datetime.timedelta(days=1))
                .not_valid_after(now + datetime.timedelta(days=int(sys.argv[3])))
                .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
                .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
                .sign(key, hashes.SHA256()))
            open(sys.argv[1], "wb").write(certificate.public_bytes(serialization.Encoding.PEM))
            open(sys.argv[2], "wb").write(key.private_bytes(serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
            """
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [python, "-c", script, files.certificate, files.key, "\(days)"]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }
}
