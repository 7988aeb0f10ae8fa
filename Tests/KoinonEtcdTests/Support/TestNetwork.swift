import Foundation
import Glibc
import Testing

/// Hosts of a test, each in a network namespace of its own behind one bridge: addresses
/// that nobody else uses, and cables that can be pulled. Needs root.
final class TestNetwork: Sendable {
    private let name: String
    private let subnet: Int
    private let count: Int

    /// Whether namespaces, bridges and nftables can be had here.
    static let isAvailable: Bool = {
        guard getuid() == 0 else { return false }
        do {
            let network = try TestNetwork(hosts: 1)
            try network.lose(0, percent: 1)
            return true
        } catch {
            return false
        }
    }()

    init(hosts: Int) throws {
        count = hosts
        name = "k\(UInt16.random(in: 0...UInt16.max))"
        subnet = Int.random(in: 1...250)
        try Self.shell(
            """
            ip link add \(name) type bridge
            ip addr add \(hub)/24 dev \(name)
            ip link set \(name) up
            """)
        for index in 0..<hosts {
            let host = host(index)
            try Self.shell(
                """
                ip netns add \(host)
                ip link add \(host) type veth peer name eth0 netns \(host)
                ip link set \(host) master \(name)
                ip link set \(host) up
                ip -n \(host) addr add \(address(index))/24 dev eth0
                ip -n \(host) link set eth0 up
                ip -n \(host) link set lo up
                """)
        }
    }

    deinit {
        for index in 0..<count { try? Self.shell("ip netns del \(host(index)) || true") }
        try? Self.shell("ip link del \(name) || true")
    }

    private func host(_ index: Int) -> String { "\(name)-\(index)" }

    var hosts: Range<Int> { 0..<count }

    func address(_ index: Int) -> String { "10.213.\(subnet).\(index + 1)" }

    /// Of this machine, as the hosts reach it.
    var hub: String { "10.213.\(subnet).254" }

    /// Before a command that is to run on that host.
    func wrapper(_ index: Int) -> [String] { ["ip", "netns", "exec", host(index)] }

    /// Nothing goes to or from the host any more.
    func cut(_ index: Int) throws { try Self.shell("ip link set \(host(index)) down") }

    func heal(_ index: Int) throws {
        try Self.shell("ip link set \(host(index)) up")
    }

    /// So many of a hundred packets to the host are dropped, at random.
    func lose(_ index: Int, percent: Int) throws {
        try Self.shell(
            """
            ip netns exec \(host(index)) nft -f - <<'END'
            table inet loss
            delete table inet loss
            table inet loss {
                chain input {
                    type filter hook input priority 0;
                    numgen random mod 100 < \(percent) counter drop
                }
            }
            END
            """)
    }

    /// How many packets to the host were dropped since ``lose(_:percent:)``.
    func lost(_ index: Int) throws -> Int {
        let rules = try Self.shell("ip netns exec \(host(index)) nft list table inet loss")
        let packets = try #require(rules.firstMatch(of: /counter packets (\d+)/))
        return try #require(Int(packets.1))
    }

    func keepAll(_ index: Int) throws {
        try Self.shell("ip netns exec \(host(index)) nft delete table inet loss")
    }

    struct Failed: Error { var output: String }

    @discardableResult
    private static func shell(_ text: String) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-e", "-c", text]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let said = String(decoding: output, as: UTF8.self)
        guard process.terminationStatus == 0 else { throw Failed(output: said) }
        return said
    }
}
