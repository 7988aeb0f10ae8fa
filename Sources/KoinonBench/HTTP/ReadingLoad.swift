import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import Synchronization

/// Searches and pages of a node with very many offers, and its memory over time.
struct ReadingLoad: Sendable {
    let bench: HTTPBench

    struct Outcome {
        var searches = LoadDriver.Outcome()
        /// Median milliseconds of each.
        var pages: [String: Double] = [:]
        var memory: (growth: Double, bytes: UInt64)?

        var slowest: (String, Double) {
            pages.max { $0.value < $1.value }.map { ($0.key, $0.value) } ?? ("", 0)
        }
    }

    /// Searches at the same time.
    private static let searchers = 4
    /// How often each page is rendered.
    private static let renderings = 31

    func run(in folder: URL, _ notes: BenchNotes) async throws -> Outcome {
        let ledger = try PreparedLedger(
            at: folder.appending(path: "home", directoryHint: .isDirectory),
            accounts: bench.accounts)
        let served = try await ServedNode(ledger.home, hasIndex: true)
        let crowd = Crowd(chain: ledger.genesis.chain)
        // None sends more at once than its window of nonces is wide.
        let providers = max(1, min(1_000, bench.accounts - 1))
        let offers = OfferCrowd(
            crowd: crowd, staff: ledger.staff, providers: providers, offers: bench.offers)
        try await offers.publish(on: served.node, firstNonce: PreparedLedger.nextNonce) {
            notes.progress("offers", $0, bench.offers)
        }
        let paths = try await paths(served.node, offers)
        try await served.untilIndexed { notes.progress("indexing", $0, $1) }
        var outcome = Outcome()
        notes.say("searching")
        outcome.searches = try await search(served)
        notes.say("rendering pages")
        outcome.pages = try await render(paths, of: served)
        if bench.minutes > 0 {
            notes.say("watching memory under load")
            outcome.memory = try await MemoryWatch(
                minutes: bench.minutes, accounts: bench.accounts, crowd: crowd
            ).run(served, pages: paths.map(\.path))
        }
        try await served.stop()
        return outcome
    }

    private func search(_ served: ServedNode) async throws -> LoadDriver.Outcome {
        let client = try await LoadClient(port: served.port, connections: Self.searchers)
        let paths = OfferCrowd.searches(now: served.node.now, count: min(bench.searches, 500))
        // Once round without a clock: files and statements are then in memory, as in a node
        // that has been running.
        _ = try await client.run(.pages(of: paths, count: paths.count, expected: "\"rows\":"))
        let outcome = try await client.run(
            .pages(of: paths, count: bench.searches, expected: "\"rows\":"))
        try await client.close()
        return outcome
    }

    /// Every kind of page, by the name of its route.
    private func paths(
        _ node: Node, _ offers: OfferCrowd
    ) async throws -> [(name: String, path: String)] {
        guard
            let (offer, first) = node.replica.read({
                Market.offers.rows(limit: 1, in: $0.state).first
            })
        else { throw BenchFault("there are no offers") }
        // Of the block that the offers were published in last, which is a large one.
        let height = node.progress.current.height
        let transaction = try await offers.book(
            offer, on: node, nonce: PreparedLedger.nextNonce)
        let (agreement, request) = node.replica.read {
            (
                Agreements.agreements.rows(limit: 1, in: $0.state).first?.key.text ?? "",
                Market.requests.rows(limit: 1, in: $0.state).first?.key.text ?? ""
            )
        }
        let resource = ResourceID(first.terms.resource)?.text ?? ""
        let account = AccountID(first.provider)?.text ?? ""
        return [
            ("/", "/"), ("/find", "/find"), ("/find?text", "/find?text=red%20bike"),
            ("/find?lat", "/find?lat=52.52&lon=13.4&radius_km=30&sort=distance"),
            ("/offer/{id}", "/offer/\(offer.text)"), ("/book/{id}", "/book/\(offer.text)"),
            ("/agreement/{id}", "/agreement/\(agreement)"), ("/requests", "/requests"),
            ("/request/{id}", "/request/\(request)"), ("/resource/{id}", "/resource/\(resource)"),
            ("/account/{id}", "/account/\(account)"), ("/account", "/account"),
            ("/share", "/share"), ("/alliance", "/alliance"), ("/explorer", "/explorer"),
            ("/explorer/block/{height}", "/explorer/block/\(height)"),
            ("/explorer/transaction/{id}", "/explorer/transaction/\(transaction.hex)"),
            (
                "/explorer/state/{key}",
                "/explorer/state/\(Hex.encode(Market.offers.stateKey(offer)))"
            ), ("/check", "/check"), ("/help", "/help"),
        ]
    }

    private func render(
        _ paths: [(name: String, path: String)], of served: ServedNode
    ) async throws -> [String: Double] {
        let client = try await LoadClient(port: served.port, connections: 1)
        var medians: [String: Double] = [:]
        for (name, path) in paths {
            _ = try await client.run(.pages(of: [path], count: 3, expected: "</html>"))
            medians[name] = try await client.run(
                .pages(of: [path], count: Self.renderings, expected: "</html>")
            ).percentile(50)
        }
        try await client.close()
        return medians
    }
}
