import Foundation
import KoinonClient
import Testing

@Suite("the demonstration")
struct DemoTests {
    @Test("settles the real trips, agrees with the plain computation, and stages act two")
    func demo() async throws {
        let folder = try TemporaryFolder()
        let home = folder.url.appending(path: "demo").path
        let run = try await CommandRun.koinon("demo", "--home", home, "--no-serve")
        #expect(run.status == 0, "\(run.errors)")
        let text = run.output
        #expect(text.matches(of: /✓ equal to the cent/).count == 2)
        #expect(text.contains("24,638.00 USD           24,638.00 USD"))
        #expect(text.contains("9,972.45 USD            9,972.45 USD"))
        #expect(text.contains("refused by reason: Valley Bike: 1 × capacityExceeded"))
        #expect(text.contains("deposit 5.00 USD; a newcomer leaves 20.00 USD"))
        #expect(text.contains("rejected: capacityExceeded"))
        let custody = try #require(text.firstMatch(of: /lent ([0-9]+) and returned ([0-9]+) times/))
        #expect(custody.1 == custody.2 && (Int(custody.1) ?? 0) >= 10)
        #expect(text.contains(/delivered 2018-04-\d\d, sold 2018-04-\d\d\./))
        #expect(text.contains("once more: rejected: notOwner"))
        #expect(text.contains("rejected: sealingNotEnded"))
        #expect(text.contains("she gives the fleet 10 of 10, it gives her 8."))
        #expect(text.contains("rejected: openerFlagged"))
        #expect(text.contains("Others it takes: done."))
        // (10 + 8) × 7 eighths for 45.00 × half a word of a vouched newcomer ÷ 20.
        #expect(text.contains(/praise +393,750 +complaints 0/))
        #expect(text.contains("standing = mean − 1.645 × deviation = 141,853;"))
        #expect(text.contains("before the review it was 25,129."))
        let explain = try #require(
            text.firstMatch(of: /koinon (standing explain koi1[a-z0-9]+ --home \S+)/)
        ).1
        let explained = try await CommandRun.shell(
            "koinon \(explain) --kind bicycle", in: CommandRun.package)
        #expect(explained.status == 0 && explained.output.contains("141,853"))
        let height = try #require(text.firstMatch(of: /stored trip in block ([0-9]+) is changed/)).1
        #expect(text.contains("koinon verify says: height \(height):"))
        #expect(text.contains("Checked offline: ✓ it holds."))
        #expect(text.contains("koinon replay --check"))

        // Another process executes the same log and finds the same state.
        let verified = try await CommandRun.koinon("verify", "--home", home, "--json")
        #expect(verified.status == 0, "\(verified.output)")
        let stored = try await CommandRun.koinon("query", "status", "--home", home)
        let root = try #require(stored.output.firstMatch(of: /"state_root": "([0-9a-f]{64})"/)).1
        #expect(verified.output.contains(root))

        let proof = try await CommandRun.koinon(
            "check-proof", "--genesis", home + "/genesis.json", home + "/trip.proof.json")
        #expect(proof.status == 0, "\(proof.errors)")
    }

    @Test("is served on a free port when it is over, until it is stopped")
    func serves() async throws {
        let folder = try TemporaryFolder()
        // As few trips as the second act takes: on the two busiest bikes and on the old one.
        let cut = try await CommandRun.shell(
            #"""
            cp "$DATA"/*.mapping.json "$DATA"/*-stations*.csv .
            few() { gunzip -c "$DATA/$1" | sed -n "$2" | gzip > "$1"; }
            few healthyride-2018q1.csv.gz '1p; /,70315,/p; /,70292,/p; /,70192,/p'
            few valleybike-2020-12-to-2021-02.csv.gz '1,100p'
            """#.replacing(
                "$DATA", with: CommandRun.package.appending(path: "Examples/Data").path),
            in: folder.url)
        try #require(cut.status == 0, "\(cut.errors)")
        let demo = try await RunningNode.start(
            ["demo", "--home", "demo", "--data", ".", "--port", "0"], in: folder.url)
        let node = try NodeClient(home: folder.url.appending(path: "demo").path)
        #expect(!node.address.hasSuffix(":0"))
        #expect(String(decoding: try await node.get("/"), as: UTF8.self).contains("<title>"))
        #expect(try await node.status().alliance == "Koinon demonstration")
        #expect(try await demo.stop() == 0)
    }

    @Test("replaces only what a demonstration made")
    func foreignFolder() async throws {
        let folder = try TemporaryFolder()
        try Data("mine".utf8).write(to: folder.url.appending(path: "precious.txt"))
        let run = try await CommandRun.koinon("demo", "--home", folder.url.path)
        #expect(run.status == 2)
        #expect(run.errors.contains("--home"))
        #expect(
            FileManager.default.fileExists(atPath: folder.url.appending(path: "precious.txt").path))
    }

    @Test("a dry run of its own trips reports the refusal and writes nothing")
    func dryRun() async throws {
        let data = CommandRun.package.appending(path: "Examples/Data").path
        let folder = try TemporaryFolder()
        let run = try await CommandRun.koinon(
            "replay", "--check", data + "/valleybike-2020-12-to-2021-02.csv.gz",
            "--mapping", data + "/valleybike.mapping.json", in: folder.url)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("refused 1 as capacityExceeded"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
    }
}
