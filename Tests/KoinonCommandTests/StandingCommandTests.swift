import Foundation
import Testing

/// Reviews through the command, then standing by the command and by the Python reader.
@Suite("koinon review, standing and export")
struct StandingCommandTests {
    private func last(_ pattern: Regex<Substring>, in text: String) throws -> String {
        String(try #require(text.matches(of: pattern).last).0)
    }

    @Test("a lease is reviewed by both, explained, exported and reckoned again")
    func reviewed() async throws {
        let folder = try TemporaryFolder()
        func run(_ line: String, expecting status: Int32 = 0) async throws -> CommandRun {
            let run = try await CommandRun.shell(line, in: folder.url)
            #expect(run.status == status, "\(line): \(run.output)\(run.errors)")
            return run
        }
        _ = try await run("koinon init --home h --name Harbour --member harbour")
        let node = try await RunningNode.start(home: "h", in: folder.url)
        for name in ["anna", "ben"] {
            _ = try await run("koinon keys new \(name) --home h")
            _ = try await run("koinon keys open \(name) --sponsor harbour --home h")
        }
        _ = try await run(
            """
            koinon send --home h --as harbour '[
              {"money": {"create_unit": {"unit": "usd", "title": "US dollar", "scale": 2}}},
              {"money": {"issue": {"unit": "usd", "to": "@ben", "amount_minor": 10000}}},
              {"resources": {"register_kind": {"kind": "boat", "title": "Rowing boat"}}},
              {"resources": {"register_kind": {"kind": "bike", "title": "Bicycle"}}},
              {"reputation": {"vouch_for": {"account": "@ben"}}}]'
            """)
        let boat = try last(
            /koires1[a-z0-9]+/,
            in: try await run(
                """
                koinon send --home h --as anna '{"resources": {"register_resource":
                  {"kind": "boat", "title": "Blue boat", "capacity": 1}}}'
                """
            ).output)
        let offer = try last(
            /koioff1[a-z0-9]+/,
            in: try await run(
                """
                koinon send --home h --as anna '{"market": {"publish_offer": {
                  "resource": "\(boat)", "title": "Blue boat", "process": "lease", "unit": "usd",
                  "trust_rule": {"refuse_flagged": true},
                  "tariff": {"price_minor": 600, "step_ms": "30min", "minimum_steps": 1}}}}'
                """
            ).output)
        let open = """
            koinon send --home h --as ben '{"agreements": {"open_agreement":
              {"offer": "\(offer)", "duration_ms": "1h"}}}'
            """
        let agreement = try last(/koiagr1[a-z0-9]+/, in: try await run(open).output)
        // Nothing was sealed then, and it can be later.
        _ = try await run(
            "koinon review seal \(agreement) --as ben --score 1 --home h", expecting: 1)
        for step in ["start", "finish"] {
            _ = try await run(
                """
                koinon send --home h --as ben '{"agreements": {"take_transition":
                  {"agreement": "\(agreement)", "transition": "\(step)"}}}'
                """)
        }
        _ = try await run("koinon review seal \(agreement) --as ben --score 8 --home h")
        _ = try await run("koinon review open \(agreement) --as ben --home h", expecting: 1)
        _ = try await run("koinon review seal \(agreement) --as anna --score -2 --home h")
        _ = try await run(
            "mv h/reviews kept; mkdir h/reviews; for f in kept/*; do head -c 40 $f > h/reviews/${f#kept/}; done"
        )
        let cut = try await run(
            "koinon review open \(agreement) --as ben --home h", expecting: 2)
        #expect(cut.errors.contains("bring it back"), "\(cut.errors)")
        _ = try await run("rm -r h/reviews; mv kept h/reviews")
        for name in ["ben", "anna"] {
            _ = try await run("koinon review open \(agreement) --as \(name) --home h")
        }
        // Evidence ages in spans that end on days of their own: asked for the moment of the
        // review, and not for a later one that may lie in the next.
        let json = try await run("koinon standing explain @anna --json --home h").output
        let published = try #require(
            last(/"published_at_ms" : [0-9]+/, in: json).split(separator: " ").last)
        let explained = try await run(
            "koinon standing explain @anna --kind boat --at \(published) --home h"
        ).output
        // 18/20 of intensity, 4/8 for six whole units, 500,000 for a vouched newcomer.
        #expect(explained.contains("225,000"), "\(explained)")
        #expect(explained.contains("225,000 vouched + 0 × 1,000,000/1,000,000 of others"))
        #expect(json.contains("\"word_ppm\" : 500000") && json.contains("\"total_ppm\""))
        // 12/20 and 4/8 of a newcomer's 100,000, three times; the crowd's maximum leaves less.
        let complained = try await run(
            "koinon standing explain @ben --kind boat --at \(published) --home h"
        ).output
        #expect(
            complained.contains(#/complaints +82,568 +0 vouched \+ 90,000 × 1,000,000\/1,090,000 /#)
        )
        let unknown = try await run(
            "koinon standing explain @anna --kind boot --home h", expecting: 1)
        #expect(unknown.errors.contains("koinon query kinds"), "\(unknown.errors)")
        // The sum itself and, 30 spans later, what age and another kind leave of it.
        let later = try #require(UInt64(published)) + 900 * 86_400_000
        for (kind, factor, counted) in [("boat", "42/96", "98,437"), ("bike", "42/384", "24,609")] {
            let aged = try await run(
                "koinon standing explain @anna --kind \(kind) --at \(later) --home h"
            ).output
            #expect(aged.contains(#/boat +30 +1 +sum +225,000 /#), "\(aged)")
            #expect(aged.contains("× \(factor) "), "\(aged)")
            let total = aged.split(separator: "\n").first { $0.contains("together") }
            #expect(total?.split(separator: " ").dropFirst().first == Substring(counted), "\(aged)")
        }
        let shown = try await run("koinon standing show --home h").output
        _ = try await run("koinon export events --output events.jsonl --home h")
        let python = ProcessInfo.processInfo.environment["KOINON_PYTHON"] ?? "python3"
        let reader = CommandRun.package.appending(path: "Examples/standing.py").path
        #expect(try await run("\(python) \(reader) events.jsonl").output == shown)
        let aged = try await run("koinon standing show --at \(later) --home h").output
        #expect(aged != shown)
        #expect(
            try await run("\(python) \(reader) events.jsonl --at \(later)").output == aged)
        #expect(shown.split(separator: "\n").count == 2)

        let flag = """
            koinon send --home h --as harbour '{"reputation": {"raise_flag": {"account": "@ben",
              "reason": "never-returned", "evidence_hash":
              "7ce2f78d8f930a68f96f57909a884e8f03a2229afab26a53279954a441eec168"}}}'
            """
        _ = try await run(flag)
        #expect(try await run(open, expecting: 1).errors.contains("openerFlagged"))
        #expect(
            try await run("koinon standing explain @ben --home h").output
                .contains("flagged by harbour: never-returned (not answered)"))
        #expect(try await node.stop() == 0)
    }
}
