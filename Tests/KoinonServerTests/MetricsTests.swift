import Foundation
import Hummingbird
import HummingbirdTesting
import KoinonClient
import KoinonProtocol
import Testing
import Yams

@testable import KoinonServer
@testable import TestNodes

@Suite("The metrics")
struct MetricsTests {
    @Test func `count what happened, in a form that can be read`() async throws {
        try await Served.with { served in
            let alfa = served.home.member("alfa")
            for _ in 0..<2 {
                _ = try await served.send(
                    try alfa.sign(.registerKind("bike", title: "Bicycle")),
                    "?wait=durable&timeout_ms=300000")
            }
            _ = try await served.get("/v1/status")
            // Signatures come a moment after the block.
            await served.node.untilIdle()
            let text = try await served.get("/metrics").text
            let values = try Self.values(text)
            #expect(values["koinon_height"] == 2)
            #expect(values["koinon_final_height"] == 2)
            #expect(values["koinon_protocol_version"] == 1)
            #expect(values["koinon_protocol_coming"] == 0)
            #expect(values["koinon_transactions_total{status=\"done\"}"] == 1)
            #expect(values["koinon_transactions_total{status=\"rejected\"}"] == 1)
            #expect(values["koinon_commit_seconds_count"] == 2)
            #expect(values["koinon_commit_seconds_bucket{le=\"+Inf\"}"] == 2)
            #expect(
                values[
                    "koinon_http_requests_total{method=\"POST\",path=\"/v1/transactions\",status=\"200\"}"
                ] == 2)
        }
    }

    @Test func `tell how old the oldest block is that is not final, and the free disk`()
        async throws
    {
        try await Served.with(home: try TestHome(hosts: ["alfa"])) { served in
            func values() async throws -> [String: Double] {
                try Self.values(try await served.get("/metrics").text)
            }
            #expect(try await values()["koinon_finality_lag_seconds"] == 0)
            let alfa = served.home.member("alfa")
            try await alfa.done(.registerKind("bike", title: "Bicycle"), to: served.node)
            let closed = served.node.tip.time.milliseconds
            served.home.clock.set(Timestamp(milliseconds: closed + 90_000))
            let open = try await values()
            #expect(open["koinon_finality_lag_seconds"] == 90)
            #expect(try #require(open["koinon_disk_free_bytes"]) > 0)
            // No HTTPS, no certificate, and none before an engine within the process.
            #expect(open["koinon_certificate_remaining_seconds"] == nil)
            #expect(!open.keys.contains { $0.hasPrefix("koinon_engine_certificate") })
            try await served.home.attest(by: "bravo", to: served.node)
            var progress = served.node.progress.current
            while progress.finalHeight < progress.height {
                progress = try #require(try await served.node.progress.next(after: progress))
            }
            #expect(try await values()["koinon_finality_lag_seconds"] == 0)
        }
    }

    /// Every line is a comment or a sample with a name that has been announced.
    private static func values(_ text: String) throws -> [String: Double] {
        var values: [String: Double] = [:]
        var known: Set<String> = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("# TYPE ") {
                known.insert(String(line.split(separator: " ")[2]))
                continue
            }
            if line.hasPrefix("#") { continue }
            let parts = line.split(separator: " ")
            try #require(parts.count == 2, "\(line)")
            let name = parts[0].prefix { $0 != "{" }
            let family = ["_bucket", "_sum", "_count"].reduce(String(name)) { name, ending in
                name.hasSuffix(ending) && known.contains(String(name.dropLast(ending.count)))
                    ? String(name.dropLast(ending.count)) : name
            }
            #expect(known.contains(family), "\(line)")
            let value = try #require(Double(parts[1]), "\(line)")
            #expect(values.updateValue(value, forKey: String(parts[0])) == nil, "\(line)")
        }
        return values
    }

    private static let docs = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs")

    /// The names that are announced.
    private static func known() async throws -> Set<String> {
        let text = try await Served.with { try await $0.get("/metrics").text }
        return Set(
            text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
                .map { String($0.split(separator: " ")[2]) })
    }

    /// Those of this program that a text names.
    private static func named(in text: String) -> Set<String> {
        Set(
            text.matches(of: /koinon_[a-z_]+/).map {
                String($0.0).replacing("_bucket", with: "")
            })
    }

    @Test func `are the ones that dashboard, alerts and their page name`() async throws {
        let known = try await Self.known()
        for name in ["README.md", "alerts.yaml", "dashboard.json"] {
            let page = try String(
                contentsOf: Self.docs.appending(path: "monitoring/\(name)"), encoding: .utf8)
            let named = Self.named(in: page)
            #expect(named.subtracting(known).isEmpty, "\(name)")
            if name == "README.md" { #expect(known.subtracting(named).isEmpty, "\(name)") }
        }
    }

    @Test func `have alerts on them that the runbook answers`() async throws {
        struct Rules: Decodable {
            struct Group: Decodable { var rules: [Rule] }
            struct Rule: Decodable {
                var alert: String
                var expr: String
            }

            var groups: [Group]
        }
        let alerts = try String(
            contentsOf: Self.docs.appending(path: "monitoring/alerts.yaml"), encoding: .utf8)
        let rules = try YAMLDecoder().decode(Rules.self, from: alerts).groups.flatMap(\.rules)
        #expect(!rules.isEmpty)
        let runbook = try String(
            contentsOf: Self.docs.appending(path: "operate.md"), encoding: .utf8)
        let known = try await Self.known()
        for rule in rules {
            #expect(runbook.contains("\n| `\(rule.alert)` |"), "\(rule.alert)")
            #expect(Self.named(in: rule.expr).isSubset(of: known), "\(rule.alert)")
        }
        let rows = runbook.matches(of: /\n\| `(Koinon[A-Za-z]+)` \|/).map { String($0.1) }
        #expect(Set(rows) == Set(rules.map(\.alert)))
    }
}
