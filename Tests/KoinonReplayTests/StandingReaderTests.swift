import Foundation
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import TestSeeds
import Testing

@testable import KoinonReplay

/// Examples/standing.py, from exported events alone, comes to the ledger's own numbers.
@Suite(.enabled(if: StandingReader.isPresent, "skipped: needs python3"))
struct StandingReaderTests {
    private static let day: UInt64 = 86_400_000
    private static let prices: [UInt64] = [30, 100, 700, 6_400]

    /// A random history of some years, and its events as lines.
    private func history(seed: UInt64) throws -> (TrialMarket, [String]) {
        var random = Seeded(state: seed)
        let begin = Timestamp(milliseconds: 1_700_000_000_000)
        let market = try TrialMarket(
            name: "Random", people: 12, money: 10_000_000, at: begin)
        var lines: [String] = []
        market.alliance.onBlock = { block, result in
            lines += EventLine.lines(
                height: block.header.height, time: block.header.time, result: result,
                transactions: Dictionary(
                    uniqueKeysWithValues: block.transactions.map { ($0.leaf, $0.id) }))
        }
        var time = begin
        var vouched: Set<Int> = []
        for _ in 0..<120 {
            time = Timestamp(milliseconds: time.milliseconds + random.below(20) * Self.day)
            if random.below(5) == 0 {
                let person = Int(random.below(12))
                if vouched.insert(person).inserted {
                    try market.vouch(for: [person], at: time)
                }
            }
            let customer = Int(random.below(12))
            let provider = (customer + 1 + Int(random.below(11))) % 12
            try market.settle(
                customer: customer, provider: provider, price: random.pick(Self.prices),
                scores: (Int32(random.below(21)) - 10, Int32(random.below(21)) - 10), at: time)
        }
        return (market, lines)
    }

    @Test(arguments: Seeds.of(1...4, casesEach: 120))
    func `the reader's standings are the ledger's, bit for bit`(seed: Int) throws {
        let (market, lines) = try history(seed: UInt64(seed))
        let moment = market.alliance.time
        let late = Timestamp(milliseconds: moment.milliseconds + 900 * Self.day)
        for (kind, at) in [(nil, moment), ("trade", late), ("boat", late)] {
            let run = try StandingReader.run(lines, kind: kind, at: at)
            #expect(run.status == 0, "\(run.output)")
            let expected = (0..<12).map { market.account(of: $0) }.filter {
                !Reputation.evidence.rows(under: $0, in: market.alliance.replica.state).isEmpty
            }.map { account in
                let standing = Reputation.standing(
                    of: account, kind: kind, at: at, in: market.alliance.replica.state)
                return "\(account.text) \(standing.boundPpm)"
            }.sorted()
            #expect(!expected.isEmpty)
            #expect(run.output.split(separator: "\n").map(String.init) == expected)
        }
    }

    @Test func `vouches of an expelled member count for nothing, in the reader too`() throws {
        func line(_ event: String) -> String {
            "{\"height\":1,\"time_ms\":1,\"leaf\":0,\"moment_ms\":1,\"timer\":true,\"event\":\(event)}"
        }
        // A newcomer's full praise over 64 units: a tenth of a review, half of one with a vouch.
        let history = [
            #"{"reputation":{"account_vouched":{"account":"koi1bea","member":"bravo"}}}"#,
            #"{"alliance":{"member_expelled":{"member":"bravo"}}}"#,
            #"""
            {"reputation":{"review_published":{"reviewer":"koi1bea","account":"koi1carl",
            "agreement":"koiagr1x","kind":"bike","score":10,"settled_minor":6400,"scale":2,
            "pair_number":1,"reviewer_standing_ppm":25129,"weight_ppm":100000,
            "published_at_ms":1}}}
            """#.replacing("\n", with: ""),
        ].map(line)
        #expect(try StandingReader.run(history, kind: nil, at: nil).status == 0)
        let without = [history[0], history[2]]
        #expect(try StandingReader.run(without, kind: nil, at: nil).status != 0)
        let back = line(#"{"alliance":{"member_admitted":{"member":"bravo"}}}"#)
        let returned = [history[0], history[1], back, history[2]]
        #expect(try StandingReader.run(returned, kind: nil, at: nil).status != 0)
    }

    @Test func `the reader finds a weight that is not what its review comes to`() throws {
        var (_, lines) = try history(seed: 5)
        let index = try #require(lines.lastIndex { $0.contains("\"weight_ppm\":") })
        lines[index] = lines[index].replacing("\"weight_ppm\":", with: "\"weight_ppm\":1")
        let run = try StandingReader.run(lines, kind: nil, at: nil)
        #expect(run.status != 0)
    }
}

enum StandingReader {
    static var python: String? {
        let given = ProcessInfo.processInfo.environment["KOINON_PYTHON"]
        return [given, "/usr/bin/python3", "/usr/local/bin/python3"].compactMap { $0 }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }

    static var isPresent: Bool { python != nil }

    static func run(
        _ lines: [String], kind: String?, at time: Timestamp?
    ) throws -> (status: Int32, output: String) {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "koinon-standing-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let events = folder.appending(path: "events.jsonl")
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: events)
        let output = folder.appending(path: "out")
        try Data().write(to: output)
        let process = Process()
        process.executableURL = URL(filePath: python ?? "")
        process.arguments =
            [packageFolder + "/Examples/standing.py", events.path]
            + (kind.map { ["--kind", $0] } ?? [])
            + (time.map { ["--at", "\($0.milliseconds)"] } ?? [])
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = process.standardOutput
        try process.run()
        process.waitUntilExit()
        return (process.terminationStatus, try String(contentsOf: output, encoding: .utf8))
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Seeded {
    var state: UInt64

    mutating func below(_ bound: UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return (z ^ (z >> 31)) % bound
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int(below(UInt64(elements.count)))]
    }
}
