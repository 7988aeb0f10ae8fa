import Foundation
import Testing

@testable import KoinonEtcd

/// A proxy between nodes and etcd that does not tell what etcd says.
extension FaultTests {
    /// What changes nothing: only delays.
    static let harmless: [String: LyingServer.Lies] = [
        "repeats": .init(repeatsAnswers: true, repeatsEvents: true),
        "reorders": .init(reordersAnswers: true, repeatsEvents: true),
        "hides all changes": .init(isSilent: true),
    ]

    @Test(
        "outlives a proxy between one node and etcd", .long, arguments: harmless.keys.sorted())
    func proxyOfOne(_ name: String) async throws {
        try await deceive([3], name)
    }

    @Test(
        "outlives a proxy between every node and etcd", .long, arguments: harmless.keys.sorted())
    func proxyOfAll(_ name: String) async throws {
        try await deceive([0, 1, 2, 3], name)
    }

    private func deceive(_ nodes: [Int], _ name: String) async throws {
        let lies = try #require(Self.harmless[name])
        try await FaultRun.with { run in
            try await run.alliance.withProxies(before: nodes) { proxies in
                let which = nodes.count == 1 ? "one node" : "all nodes"
                try await run.fault("a proxy before \(which) that \(name), 10 s") { _ in
                    for proxy in proxies { proxy.lie { $0 = lies } }
                    try await run.goesOn()
                    try await Task.sleep(for: .seconds(10))
                    try await run.goesOn()
                    for proxy in proxies {
                        proxy.lie { $0 = .init() }
                        #expect(proxy.told > 10)
                    }
                }
            }
        }
    }

    /// Far enough ahead that no node has read it before all proxies hide it.
    private static let entriesAhead: UInt64 = 100

    /// Its author is unheard behind the gap, for all alike, until it appends anew.
    @Test("outlives a proxy that hides one entry from every node", .long)
    func hiddenFromAll() async throws {
        try await FaultRun.with { run in
            let nodes = Array(run.alliance.members.indices)
            try await run.alliance.withProxies(before: nodes) { proxies in
                try await run.fault("a proxy before all nodes that hides one entry") { alliance in
                    let author = alliance.members[3]
                    let sequence = try await alliance.client(0).status().memberStates?
                        .first { $0.id == author }?.sequence
                    let missing = try #require(sequence) + Self.entriesAhead
                    let keys = EntryKeys(chain: alliance.genesis.chain, epoch: 0)
                    let key = keys.key(author, missing)
                    for proxy in proxies { proxy.lie { $0.hides = { $0 == key } } }
                    let words = "entry \(missing) of \(author) is missing"
                    for node in nodes {
                        try await run.expectStatus(words, remedy: "docs/operate.md", of: node)
                    }
                    try await run.goesOn(except: [3])
                    // The servers have it.
                    let text = String(decoding: key, as: UTF8.self)
                    try await alliance.succeed(
                        "\(try alliance.etcdctl()) get '\(text)' --keys-only | grep -qF '\(text)'")
                    for proxy in proxies { proxy.lie { $0 = .init() } }
                    // It comes too late: all have gone on behind it.
                    try await run.goesOn(except: [3])
                    try await run.expectStatus(words, remedy: "docs/operate.md", of: 0)
                    let heard = try await alliance.client(0).status().memberStates?
                        .first { $0.id == author }?.sequence
                    #expect(heard == missing - 1)
                    let told = try await alliance.findings().first { $0.what.contains(words) }
                    let command = try #require(
                        told?.what.firstMatch(of: /etcdctl (del \S+ \S+) \(docs/)
                    ).1
                    try await alliance.stopNode(3)
                    try await alliance.succeed("\(try alliance.etcdctl()) \(command)")
                    let begin = ContinuousClock.now
                    try await alliance.startNode(3)
                    try await run.goesOn(since: begin)
                }
            }
        }
    }

    private static let noticed = "it is shown another order than the others, and stops"

    /// Of each author, the next ones: a node that reads meanwhile may have come to the first.
    private static let entriesHidden: UInt64 = 6

    /// What follows has no effect there, so it makes no block that could differ from the others':
    /// only what they signed tells it.
    @Test(
        "stops the one node from which a proxy hides every author's next entries, which then goes on",
        .long)
    func hiddenFromOne() async throws {
        try await FaultRun.with { run in
            try await run.alliance.withProxies(before: [3]) { proxies in
                let name = "a proxy before one node that hides every author's next entries"
                try await run.fault(name) { alliance in
                    // At rest no block closes between what is hidden of one and of another.
                    await run.load.stop()
                    try await alliance.settle()
                    let before = try await alliance.client(3).status()
                    let keys = EntryKeys(chain: alliance.genesis.chain, epoch: 0)
                    let hidden = Set(
                        try #require(before.memberStates).flatMap { state in
                            (1...Self.entriesHidden).map { keys.key(state.id, state.sequence + $0) }
                        })
                    proxies[0].lie { $0.hides = { hidden.contains($0) } }
                    run.load.start()
                    try await alliance.untilEnded(3)
                    #expect(alliance.log(of: alliance.members[3]).contains(Self.noticed))
                    #expect(try alliance.header(3, at: before.height) != nil)
                    #expect(try alliance.header(3, at: before.height + 1) == nil)
                    try await run.goesOn(except: [3])
                    try await run.expectStatus("does not answer", remedy: "read its log", of: 3)
                    proxies[0].lie { $0 = .init() }
                    let begin = ContinuousClock.now
                    try await alliance.startNode(3)
                    try await run.goesOn(since: begin)
                }
            }
        }
    }

    /// What makes a node see another order than the others.
    static let misleading: [String: LyingServer.Lies] = [
        // Of one author; of all at once the node closes no block that could differ.
        "hides entries": .init(hides: {
            $0.last == UInt8(ascii: "7") && String(decoding: $0, as: UTF8.self).contains("/alfa/")
        }),
        "shows another order": .init(swapsPlaces: true),
    ]

    /// Nothing that this node could ask would tell it better: it must stop before it is final
    /// on something else than the others.
    @Test(
        "stops the one node that a proxy shows another order, which then joins anew", .long,
        arguments: misleading.keys.sorted())
    func misled(_ name: String) async throws {
        let lies = try #require(Self.misleading[name])
        try await FaultRun.with { run in
            try await run.alliance.withProxies(before: [3]) { proxies in
                try await run.fault("a proxy before one node that \(name)") { alliance in
                    proxies[0].lie { $0 = lies }
                    try await alliance.untilEnded(3)
                    let log = alliance.log(of: alliance.members[3])
                    // By whichever it read first: a quorum for another block than one that it
                    // closed, or signatures of blocks that it has not closed.
                    let hasParted =
                        log.contains("it stops rather than say something else")
                        && log.contains("this node was given another order")
                    #expect(hasParted || log.contains(Self.noticed), "\(log)")
                    try await run.goesOn(except: [3])
                    try await run.expectStatus("does not answer", remedy: "read its log", of: 3)
                    try await run.expectStatus(
                        "no node runs on this home", remedy: "read its log", at: 3)
                    proxies[0].lie { $0 = .init() }
                    try await alliance.joinAnew(3)
                    try await run.expectStatus("signs nothing", remedy: "new node key", of: 3)
                    await run.load.stop()
                    try await alliance.renewKey(3)
                    run.load.start()
                }
            }
        }
    }
}

extension RunningAlliance {
    /// Runs nodes behind servers of the test, each of which is all that its node knows of etcd.
    func withProxies(
        before nodes: [Int], _ body: ([LyingServer]) async throws -> Void
    ) async throws {
        try await withProxies(before: nodes[...], [], body)
    }

    private func withProxies(
        before nodes: ArraySlice<Int>, _ proxies: [LyingServer],
        _ body: ([LyingServer]) async throws -> Void
    ) async throws {
        guard let index = nodes.first else { return try await body(proxies) }
        let truth = try address(of: index).endpoints
        // With a slash behind it, or its files would be looked for beside it.
        let home = URL(filePath: home(index).path, directoryHint: .isDirectory)
        let proxy = try LyingServer(before: address(of: index), in: home)
        let certificates = folder.appending(path: "etcd/certificates")
        try await proxy.serving(as: AllianceFolder.serverName(0), in: certificates) { endpoint in
            try await restart(index, on: [endpoint])
            try await withProxies(before: nodes.dropFirst(), proxies + [proxy], body)
            try await restart(index, on: truth)
        }
    }
}
