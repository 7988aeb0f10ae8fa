import Foundation
import Hummingbird
import HummingbirdTesting
import KoinonClient
import KoinonLedger
import KoinonProtocol
import Logging
import Testing

@testable import KoinonNode
@testable import KoinonServer
@testable import TestNodes

/// A served ledger with an offer, an agreement that was settled, one in dispute, a proposal
/// and a warning: something for every page to show.
struct PageWorld {
    struct Person: Sendable {
        let account: AccountID
    }
    /// Who and what there is.
    struct Lease: Sendable {
        let offer: OfferID
        let resource: ResourceID
        let alfa: Person
        let paul: Person
        let bea: Person

        init(_ world: LeaseWorld) {
            offer = world.offer
            resource = world.resource
            alfa = Person(account: world.alfa.account)
            paul = Person(account: world.paul.account)
            bea = Person(account: world.bea.account)
        }
    }

    let served: Served
    let lease: Lease
    let settled: AgreementID
    let disputed: AgreementID
    /// With an answer.
    let request: KoinonProtocol.RequestID
    let member: MemberID
    /// Executed in block 3.
    let transaction: Hash256
    /// In hexadecimal; something stands under it.
    let stateKey: String

    /// - Parameter joining: the member through which people join.
    static func with(
        joining: String = "alfa", testMoney: Joining.TestMoney? = nil,
        limits: Joining.Limits = Joining.Limits(),
        _ body: @Sendable (PageWorld) async throws -> Void
    ) async throws {
        let home = try TestHome()
        try await home.running { node in
            let lease = try await LeaseWorld(on: node, of: home)
            let settled = try await lease.start(on: node)
            home.clock.advance(10 * LeaseWorld.minute)
            try await lease.finish(settled, on: node)
            let disputed = try await lease.start(on: node)
            try await trouble(lease, disputed, on: node)
            let request = try await haggling(lease, on: node)
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let content = try ContentStore(home: home.home.directory)
            let index = try SearchIndex(
                home: home.home.directory, node: node, logger: logger, text: { content.text($0) })
            let member = try #require(MemberID(rawValue: joining))
            var context = ServerContext(node: node, logger: logger)
            context.index = index
            context.content = content
            let keys = KeyRing(home: home.home.directory.path)
            context.joining = Joining(
                member: member, key: { try keys.key(named: joining) }, testMoney: testMoney,
                limits: limits, node: node)
            let following = Task { await index.run() }
            defer { following.cancel() }
            try await index.caughtUp()
            let transaction = try #require(
                try node.store.read { try $0.executedTransactions(at: Height(3)).ids.first })
            let key = try #require(
                node.replica.read { $0.state.rows(prefix: [], from: [], limit: 1).first?.key })
            let application = Application(router: API.router(context), logger: logger)
            let (people, complete) = (Lease(lease), context)
            try await application.test(.router) { client in
                let served = Served(home: home, node: node, context: complete, client: client)
                try await body(
                    PageWorld(
                        served: served, lease: people, settled: settled, disputed: disputed,
                        request: request, member: member, transaction: transaction,
                        stateKey: Hex.encode(key)))
            }
        }
    }

    private static func trouble(
        _ lease: LeaseWorld, _ agreement: AgreementID, on node: Node
    ) async throws {
        let half = Division.with {
            $0.denominator = 2
            $0.shares = ["borrower", "provider"].map { role in
                .with {
                    $0.role = role
                    $0.numerator = 1
                }
            }
        }
        let evidence = Hash256.sha256(Array("evidence".utf8))
        try await lease.bea.done(
            .openDispute(of: agreement, evidenceHash: evidence, claim: half), to: node)
        try await lease.alfa.done(
            .raiseFlag(
                on: lease.bea.account, evidenceHash: evidence, reason: "never-delivered"),
            .propose(
                title: "A <day> & a half",
                .setParameter(
                    .with {
                        $0.name = "voting_period_ms"
                        $0.value = 129_600_000
                    })), to: node)
    }

    /// Somebody asks, and is answered.
    private static func haggling(
        _ lease: LeaseWorld, on node: Node
    ) async throws -> KoinonProtocol.RequestID {
        let request: KoinonProtocol.RequestID = lease.bea.builder.nextID(ofAction: 0)
        let tomorrow = Timestamp(
            milliseconds: lease.home.clock.now.milliseconds + 24 * LeaseWorld.hour)
        try await lease.bea.done(
            .publishRequest(title: "A <bike> for a day", unit: "usd", expires: tomorrow),
            to: node)
        let answer = PublishOffer.with {
            $0.resource = Data(lease.resource.bytes)
            $0.title = "My bike"
            $0.process = "lease"
            $0.unit = "usd"
            $0.tariff = .with {
                $0.priceMinor = 100
                $0.stepMs = 30 * LeaseWorld.minute
            }
        }
        try await lease.paul.done(
            .answerRequest(request, with: answer, durationMilliseconds: LeaseWorld.hour),
            to: node)
        return request
    }

    /// Every page, by its address.
    var paths: [String] {
        [
            "/", "/find", "/find?text=hour", "/find?from=2026-03-02T01:00&to=2026-03-02T02:00",
            "/find?lat=x&lon=1", "/offer/\(lease.offer)", "/book/\(lease.offer)",
            "/book/\(lease.offer)?length=90&length_unit=minutes",
            "/book/\(lease.offer)?length=2&length_unit=days&account=\(lease.bea.account)",
            "/resource/\(lease.resource)", "/agreement/\(settled)", "/agreement/\(disputed)",
            "/account", "/account/\(lease.bea.account)", "/account/\(lease.alfa.account)", "/share",
            "/share?things=mine", "/requests", "/request/\(request)",
            "/alliance", "/explorer", "/explorer/block/0", "/explorer/block/3",
            "/explorer/transaction/\(transaction)", "/explorer/state/\(stateKey)",
            "/explorer/state/00", "/check", "/help", "/lookup?q=bike",
        ]
    }

    func page(_ path: String, language: String = "en") async throws -> TestResponse {
        try await served.get(path, headers: [.acceptLanguage: language, .accept: "text/html"])
    }
}

extension SearchIndex {
    /// Returns once it has every block that is there.
    func caughtUp() async throws {
        let tip = node.replica.read { $0.header.height.rawValue }
        while try height() < tip { await Task.yield() }
    }
}
