import Foundation
import KoinonMachine
import KoinonNode
import KoinonProtocol
import Testing

@testable import KoinonEtcd

/// What an alliance's authority signs once it is founded.
@Suite("an alliance's certificates")
final class AllianceCertificatesTests {
    private let folder = FileManager.default.temporaryDirectory.appending(
        path: "koinon-certificates-\(UUID().uuidString)", directoryHint: .isDirectory)
    private let alfa: MemberID
    private let now = Date()

    init() throws {
        alfa = try #require(MemberID(rawValue: "alfa"))
        try AllianceFolder.found(
            AllianceFolder.Plan(
                name: "A test", members: [alfa], nodes: [.init(host: "127.0.0.1", port: 1)],
                servers: [.init(host: "10.0.0.5", clientPort: 2, peerPort: 3)],
                time: SystemClock().now, processes: StandardProcesses.all),
            in: folder)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func text(_ path: String) throws -> String {
        try String(contentsOf: folder.appending(path: path), encoding: .utf8)
    }

    private func mode(of file: URL) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
    }

    private func fault(
        of holder: AllianceCertificates.Holder, into output: URL? = nil
    ) throws -> String {
        let certificates = try AllianceCertificates(in: folder, at: now)
        do {
            _ = try certificates.sign(for: holder, into: output, at: now)
            return ""
        } catch { return "\(error)" }
    }

    @Test("are put with their keys in the places of those before, which stay beside them")
    func again() throws {
        let before = try (
            text("members/alfa/etcd/alfa.pem"), text("members/alfa/etcd/alfa-key.pem")
        )
        let signed = try AllianceCertificates(in: folder, at: now)
            .sign(for: .member(alfa), at: now)
        #expect(signed.hosts == [])
        #expect(abs(signed.end.timeIntervalSince(now) - 2 * 365 * 86_400) < 2)
        let kept = try signed.kept.map { try String(contentsOf: $0, encoding: .utf8) }
        #expect(kept == [before.0, before.1])
        let pair = try CertificateAuthority.Issued(
            certificate: text("members/alfa/etcd/alfa.pem"),
            key: text("members/alfa/etcd/alfa-key.pem"))
        #expect(pair.certificate != before.0 && pair.key != before.1)
        // It would not take two that do not belong together.
        _ = try CertificateAuthority(pair)
        #expect(throws: CertificateAuthority.NotItsKey.self) {
            try CertificateAuthority(.init(certificate: pair.certificate, key: before.1))
        }
        for key in [signed.key] + signed.kept { #expect(try mode(of: key) == 0o600) }
        let home = NodeHome(folder.appending(path: "members/alfa"))
        guard case .etcd(let address)? = try home.configuration().engine else {
            Issue.record("no etcd in node.json")
            return
        }
        // With a slash behind it, or its files would be looked for beside it.
        let files = URL(filePath: home.directory.path, directoryHint: .isDirectory)
        let credentials = try EtcdCredentials(of: address, in: files)
        #expect(credentials?.name == "CN=alfa")
        #expect(credentials?.warning(at: now) == nil)
        #expect(credentials?.authorityWarning(at: now) == nil)
    }

    @Test("of a new member come with whom it is to trust, and replace nothing")
    func new() throws {
        let bravo = try #require(MemberID(rawValue: "bravo"))
        let signed = try AllianceCertificates(in: folder, at: now)
            .sign(for: .member(bravo), at: now)
        #expect(signed.kept == [])
        #expect(try text("members/bravo/etcd/ca.pem") == text("authority/ca.pem"))
        #expect(try mode(of: folder.appending(path: "members/bravo/etcd")) == 0o700)
    }

    @Test("of a server name its addresses: those given, or those from before")
    func servers() throws {
        let certificates = try AllianceCertificates(in: folder, at: now)
        let same = try certificates.sign(for: .server("etcd1", hosts: []), at: now)
        #expect(same.hosts == ["10.0.0.5", "localhost"])
        let moved = try certificates.sign(
            for: .server("etcd1", hosts: ["fd00::5", "etcd.example"]),
            at: now.addingTimeInterval(1))
        #expect(moved.hosts == ["fd00::5", "etcd.example", "localhost"])
        #expect(moved.kept.count == 2 && Set(moved.kept).isDisjoint(with: same.kept))
    }

    @Test("are good no longer than the authority is, which signs nothing once it has ended")
    func authorityEnds() throws {
        let late = now.addingTimeInterval((10 * 365 - 30) * 86_400)
        let certificates = try AllianceCertificates(in: folder, at: late)
        let end = try certificates.sign(for: .member(alfa), at: late).end
        #expect(end.timeIntervalSince(late) < 31 * 86_400)
        #expect(throws: HomeFault.self) {
            try AllianceCertificates(in: folder, at: late.addingTimeInterval(31 * 86_400))
        }
    }

    @Test("come from another authority once everybody trusts it beside the one before")
    func anotherAuthority() throws {
        let made = try AllianceCertificates.makeAuthority(in: folder, at: now)
        #expect(made.kept.count == 2)
        for key in [made.key] + made.kept { #expect(try mode(of: key) == 0o600) }
        #expect(try fault(of: .member(alfa)).contains("first add"))
        let trusted = folder.appending(path: "members/alfa/etcd/ca.pem")
        let both = try text("members/alfa/etcd/ca.pem") + text("authority/ca.pem")
        try Data(both.utf8).write(to: trusted)
        #expect(try fault(of: .member(alfa)) == "")
    }

    @Test("are refused with the field and the remedy")
    func refusals() throws {
        #expect(try fault(of: .server("etcd2", hosts: [])).contains("--host: name the addresses"))
        #expect(
            try fault(of: .server("etcd1", hosts: ["10.0.0.5:2379"]))
                .contains("without scheme and port"))
        #expect(try fault(of: .server("etcd1-key", hosts: ["a"])).contains("another name"))
        #expect(try fault(of: .server("../etcd1", hosts: ["a"])).contains("a-z"))
        let etcd1 = try #require(MemberID(rawValue: "etcd1"))
        let servers = folder.appending(path: "etcd/certificates")
        #expect(try fault(of: .member(etcd1), into: servers).contains("--server"))
        // Others that trust another authority would not know it.
        let other = try CertificateAuthority(name: "other", at: now)
        try Data(other.issued.certificate.utf8).write(
            to: folder.appending(path: "members/alfa/etcd/ca.pem"))
        let before = try text("members/alfa/etcd/alfa.pem")
        #expect(try fault(of: .member(alfa)).contains("first add"))
        #expect(try text("members/alfa/etcd/alfa.pem") == before)
        try Data(other.issued.key.utf8).write(to: folder.appending(path: "authority/ca-key.pem"))
        #expect(throws: HomeFault.self) { try AllianceCertificates(in: folder, at: now) }
    }
}
