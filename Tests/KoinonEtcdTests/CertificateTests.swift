import Foundation
import KoinonProtocol
import Testing

@testable import KoinonEtcd
@testable import KoinonNode

/// Files of a certificate that are replaced while the node runs.
@Suite("a certificate for etcd", .needsEtcd, .timeLimit(.minutes(30)))
struct CertificateTests {
    private func engine(of name: String, _ servers: EtcdServers) throws -> EtcdEngine {
        try EtcdEngine(
            servers.address(of: name), folder: servers.folder, chain: servers.chain, epoch: 0,
            authors: [try #require(MemberID(rawValue: name))],
            lookingAtCertificateEvery: .milliseconds(50), logger: .silent)
    }

    private func until(
        _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ condition: () -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(180)
        while !condition() {
            try #require(
                ContinuousClock.now < deadline, "\(what)", sourceLocation: sourceLocation)
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// A server that starts again has no connection from before.
    private func startAgain(_ servers: EtcdServers) async throws {
        try await OwnThread.run {
            servers.kill(0)
            try servers.start(0)
            try servers.untilHealthy()
        }
    }

    @Test("is taken when its files change: one that has ended, by one that has not")
    func renewal() async throws {
        let servers = try await EtcdServers.start()
        // One that ends now may be good for another second: their times are rounded.
        let before = Date(timeIntervalSinceNow: -2 * 86_400)
        try servers.issue("alfa", for: .client, at: before, days: 1)
        let alfa = try engine(of: "alfa", servers)
        defer { alfa.stop(NodeStopped()) }
        let append = alfa.append([try servers.entry("alfa", 1)])
        try await until("etcd refuses it") { !alfa.report.isReachable }
        #expect(!append.hasEnded)
        try servers.issue("alfa", for: .client)
        try await append.durable()
        try await until("nothing is wrong") { alfa.report.faults.isEmpty }
        // Once more, and what goes on goes on over new connections.
        var live = alfa.entries().makeAsyncIterator()
        #expect(try await EtcdEngine.next(1, of: &live).map(\.place) == ["alfa 1"])
        let used = alfa.client.connection
        try servers.issue("alfa", for: .client)
        try await until("it is taken") { alfa.client.connection !== used }
        try await startAgain(servers)
        try await alfa.append([try servers.entry("alfa", 2)]).durable()
        #expect(try await EtcdEngine.next(1, of: &live).map(\.place) == ["alfa 2"])
    }

    @Test("stays the old one while the new one is no good")
    func refusal() async throws {
        let servers = try await EtcdServers.start()
        let alfa = try engine(of: "alfa", servers)
        defer { alfa.stop(NodeStopped()) }
        let before = alfa.client.connection
        let file = servers.folder.appending(path: "alfa.pem")
        let good = try Data(contentsOf: file)
        try Data("no certificate".utf8).write(to: file)
        try await until("it is told") {
            alfa.report.faults.contains {
                $0.contains("its files have changed and are not used")
                    && $0.contains("does not begin with a certificate in PEM form")
            }
        }
        // Another member's certificate would let it read, and write nothing.
        try Data(contentsOf: servers.folder.appending(path: "bravo.pem")).write(to: file)
        try Data(contentsOf: servers.folder.appending(path: "bravo-key.pem"))
            .write(to: servers.folder.appending(path: "alfa-key.pem"))
        try await until("the name is told") {
            alfa.report.faults.contains { $0.contains("it names CN=bravo, the one from before") }
        }
        // Its own, with a key that is not its key.
        try good.write(to: file)
        try await until("the key is told") {
            alfa.report.faults.contains {
                $0.contains("are not used") && !$0.contains("it names")
                    && !$0.contains("PEM form")
            }
        }
        #expect(alfa.client.connection === before)
        // What is in use makes new connections too.
        try await startAgain(servers)
        try await alfa.append([try servers.entry("alfa", 1)]).durable()
        try servers.issue("alfa", for: .client)
        try await until("a good one is taken") { alfa.report.faults.isEmpty }
        #expect(alfa.client.connection !== before)
    }

    @Test("of a member and of a server are taken by etcd as the alliance's folder signs them")
    func signing() async throws {
        let servers = try await EtcdServers.start()
        let place = servers.folder.appending(path: "authority")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        for (name, text) in [
            ("ca.pem", servers.authority.issued.certificate),
            ("ca-key.pem", servers.authority.issued.key),
        ] { try Data(text.utf8).write(to: place.appending(path: name)) }
        let certificates = try AllianceCertificates(in: servers.folder, at: Date())
        let alfa = try #require(MemberID(rawValue: "alfa"))
        _ = try certificates.sign(for: .member(alfa), into: servers.folder, at: Date())
        let server = try certificates.sign(
            for: .server("server", hosts: []), into: servers.folder, at: Date())
        #expect(server.hosts == ["127.0.0.1", "localhost"])
        try await startAgain(servers)
        let engine = try engine(of: "alfa", servers)
        defer { engine.stop(NodeStopped()) }
        try await engine.append([try servers.entry("alfa", 1)]).durable()
        #expect(engine.report.faults == [])
    }

    @Test("is told of weeks before a server's ends, once it has ended, and until another is shown")
    func serverEnds() async throws {
        let servers = try await EtcdServers.start()
        let hosts = CertificateAuthority.Use.server(hosts: ["127.0.0.1", "localhost"])
        try servers.issue("server", for: hosts, days: 12)
        let alfa = try engine(of: "alfa", servers)
        defer { alfa.stop(NodeStopped()) }
        let words = "etcd: certificates of its servers end: that of \(servers.endpoints[0])"
        func says(_ rest: String) -> Bool {
            alfa.report.faults.contains { $0.hasPrefix("\(words) \(rest)") }
        }
        try await until("it is told") { says("in 11 days") }
        let shown = alfa.report.certificates
        #expect(shown.map(\.owner) == ["node", "authority", servers.endpoints[0]])
        let now = SystemClock().now.milliseconds
        #expect(shown.map { ($0.ends.milliseconds - now) / 86_400_000 } == [729, 3_649, 11])
        // Connections from before go on, and the server shows those who come what it has now.
        try await alfa.append([try servers.entry("alfa", 1)]).durable()
        let before = Date(timeIntervalSinceNow: -3 * 86_400)
        try servers.issue("server", for: hosts, at: before, days: 1)
        try await until("the end is told") { says("has ended") }
        try await alfa.append([try servers.entry("alfa", 2)]).durable()
        try servers.issue("server", for: hosts)
        try await until("nothing is wrong") { alfa.report.faults.isEmpty }
    }

    @Test("is told of weeks before its authority ends, among others that do not")
    func authorityEnds() async throws {
        let servers = try await EtcdServers.start()
        let ending = try CertificateAuthority(
            name: "ending", at: Date(timeIntervalSinceNow: -(10 * 365 - 19.5) * 86_400))
        let both = servers.authority.issued.certificate + ending.issued.certificate
        try Data(both.utf8).write(to: servers.folder.appending(path: "ca.pem"))
        let alfa = try engine(of: "alfa", servers)
        defer { alfa.stop(NodeStopped()) }
        let fault = try #require(alfa.report.faults.first)
        #expect(fault.hasPrefix("etcd.authority: ca.pem holds a certificate that ends in 19 days"))
        #expect(fault.contains("another authority"))
        #expect(alfa.report.faults.count == 1)
        try await alfa.append([try servers.entry("alfa", 1)]).durable()
    }
}
