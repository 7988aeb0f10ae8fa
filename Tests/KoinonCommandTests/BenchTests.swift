import Foundation
import Testing

@Suite("benchmarks")
struct BenchTests {
    @Test("leave nothing behind when they are interrupted", arguments: ["INT", "TERM"])
    func interruption(signal: String) async throws {
        let folder = try TemporaryFolder()
        let run = try await CommandRun.shell(
            """
            koinon bench payments --accounts 200000 --folder . 2> log &
            until [ -d koinon-bench*/home ]; do sleep 0.1; done
            kill -\(signal) $!
            wait $! || echo "status $?"
            rm log; ls -A
            """, in: folder.url)
        #expect(run.output == "status \(signal == "INT" ? 130 : 143)\n", "\(run.errors)")
    }

    @Test("say what to give when one sender has more under way than a ledger takes")
    func tooFewAccounts() async throws {
        let folder = try TemporaryFolder()
        let run = try await CommandRun.shell(
            "koinon bench payments --accounts 2 --transactions 6000 --folder .", in: folder.url)
        #expect(run.status == 2 && run.errors.contains("give more --accounts"), "\(run.errors)")
    }

    /// The routes of the web page, but a calendar and two that lead to others.
    private static func pages() throws -> [String] {
        let routes = try String(
            contentsOf: CommandRun.package.appending(
                path: "Sources/KoinonServer/Routes/PageRoutes.swift"), encoding: .utf8)
        return routes.matches(of: #/page\(router, "([^"]+)"\)/#).map { String($0.1) }
            .filter { !["/account/{id}/bookings.ics", "/lookup", "/s/{id}"].contains($0) }
    }

    /// Small sizes and no times: figures are for people to judge.
    @Test(
        "report their documented figures",
        arguments: [
            (
                "payments --accounts 50 --transactions 120 --json",
                [
                    "signature_limit_per_s", "committed_per_s", "payments_per_s", "ratio", "p50_ms",
                    "p99_ms", "peak_memory_bytes", "bytes_per_transaction",
                ]
            ),
            (
                "payments --accounts 50 --transactions 20 --pattern hot --actions-per-transaction 5 --json",
                ["committed_per_s", "payments_per_s"]
            ),
            (
                "leases --leases 40 --accounts 8 --json",
                ["signature_limit_per_s", "trips_per_s", "ratio"]
            ),
            (
                "growth --accounts 60 --few-accounts 20 --transactions 40 --rounds 1 --json",
                ["signature_limit_per_s", "growth_ratio"]
            ),
            (
                "verify --accounts 20 --transactions 60 --json",
                ["signature_limit_per_s", "verified_per_s", "ratio"]
            ),
            (
                "proofs --accounts 20 --transactions 40 --proofs 5 --json",
                ["signature_limit_per_s", "prove_us", "check_us", "proof_bytes"]
            ),
            (
                "restart --accounts 30 --transactions 300 --json",
                ["signature_limit_per_s", "restart_s", "restart_after_kill_s"]
            ),
            (
                "catch-up --accounts 20 --transactions 300 --snapshot-accounts 50 --json",
                [
                    "signature_limit_per_s", "catch_up_per_s", "ratio", "snapshot_make_s", "join_s",
                    "snapshot_bytes",
                ]
            ),
            (
                "http --accounts 20 --transactions 60 --clients 4 --offers 60 --searches 30 --minutes 0.03 --json",
                [
                    "signature_limit_per_s", "committed_in_process_per_s",
                    "committed_over_http_per_s",
                    "committed_by_bulk_per_s", "ratio", "bulk_ratio", "p50_ms_at_half_load",
                    "p99_ms_at_half_load", "processor_us_in_process", "processor_us_over_http",
                    "search_per_s", "search_p99_ms", "page_ms",
                    "memory_bytes",
                ]
            ),
        ])
    func report(_ arguments: String, _ keys: [String]) async throws {
        let folder = try TemporaryFolder()
        let run = try await CommandRun.shell(
            "koinon bench \(arguments) --folder \(folder.url.path)", in: folder.url)
        #expect(run.status == 0, "\(run.errors)")
        let json = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
        let report = try #require(json as? [String: Any])
        for key in keys {
            let value = try #require(report[key] as? Double, "\(key) in \(run.output)")
            #expect(value > 0, "\(key)")
        }
        // May be none, or less than none.
        if arguments.hasPrefix("http") {
            #expect(report["memory_growth"] is Double)
            let pages = try #require(report["pages_ms"] as? [String: Double])
            let routes = try Set(Self.pages())
            #expect(routes.count > 10 && routes.subtracting(pages.keys).isEmpty, "\(pages)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
    }
}
