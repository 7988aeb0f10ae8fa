import Foundation
import Hummingbird
import HummingbirdTesting
import KoinonClient
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

    @Test func `are the ones that dashboard, alerts and their page name`() async throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "docs/monitoring")
        let text = try await Served.with { try await $0.get("/metrics").text }
        let known = Set(
            text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
                .map { String($0.split(separator: " ")[2]) })
        for name in ["README.md", "alerts.yaml", "dashboard.json"] {
            let page = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            let named = Set(
                page.matches(of: /koinon_[a-z_]+/).map {
                    String($0.0).replacing("_bucket", with: "")
                })
            #expect(named.subtracting(known).isEmpty, "\(name)")
            if name == "README.md" { #expect(known.subtracting(named).isEmpty, "\(name)") }
        }
        let alerts = try String(contentsOf: folder.appending(path: "alerts.yaml"), encoding: .utf8)
        #expect(try Yams.load(yaml: alerts) is [String: Any])
    }
}
