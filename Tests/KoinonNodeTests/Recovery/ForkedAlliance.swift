import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

/// Four members' ledgers, each in a home of its own, fed by an engine that shows each of them
/// what the test says.
final class ForkedAlliance {
    static let names = ["alfa", "bravo", "carol", "delta"]

    /// One member's ledger.
    final class Site {
        let home: TestHome
        let store: LedgerStore
        let replica: Replica
        private var position = LogPosition.start

        init(_ name: String) throws {
            home = try TestHome(members: ForkedAlliance.names, hosts: [name])
            // What is attested below no guard has seen.
            try home.forgetGuards()
            // Founding a home begins its ledger.
            store = try LedgerStore(opening: home.home.directory)
            replica = try Replica(genesis: home.genesis)
        }

        func take(_ envelope: Envelope) throws {
            position = position.next
            let entry = try CheckedEntry(
                envelope, chain: replica.chain, epoch: replica.epoch)
            var batch = CommitBatch()
            guard case .closed(let block, _) = replica.apply(entry) else {
                throw RecoveryFault("the entry closes no block", remedy: "write another")
            }
            batch.log = [LogEntry(position: position, envelope: envelope, hasEffect: true)]
            batch.blocks = [ClosedBlock(block, closedAt: position)]
            try store.commit(batch)
        }
    }

    let sites: [String: Site]
    private var kinds = 0

    init() throws {
        var sites: [String: Site] = [:]
        for name in Self.names { sites[name] = try Site(name) }
        self.sites = sites
    }

    func site(_ name: String) -> Site { sites[name]! }
    func home(_ name: String) throws -> RecoveryHome { try RecoveryHome(site(name).home.home) }
    func tip(_ name: String) -> BlockHeader { site(name).replica.header }

    /// One block more on each of these ledgers, the same on all; they must stand at one.
    @discardableResult
    func block(on names: [String]) throws -> Envelope {
        let first = site(names[0])
        kinds += 1
        let sender = first.home.member("alfa")
        let transaction = try sender.sign(
            .registerKind("kind-\(kinds)", title: "A kind"), nonce: UInt64(kinds))
        var body = EntryBody()
        body.chain = Data(first.replica.chain.bytes)
        body.epoch = first.replica.epoch
        body.author = "alfa"
        body.sequence = first.replica.lastSequence(of: MemberID.alfa) + 1
        body.clockMs = TestHome.start.milliseconds + UInt64(kinds)
        body.transactions = [transaction.message]
        let envelope = TestHome.nodeKey(of: "alfa").sign(body.encoded, as: .entry)
        for name in names { try site(name).take(envelope) }
        return transaction
    }

    /// A member's attestation of a ledger's last block, kept on these ledgers.
    func attest(_ members: [String], tipOf name: String, keptBy keepers: [String]) throws {
        let header = tip(name)
        for member in members {
            let envelope = TestHome.nodeKey(of: member).sign(
                Attestation.body(of: header), as: .attestation)
            for keeper in keepers {
                try site(keeper).store.commit(
                    CommitBatch(attestations: [
                        StoredAttestation(
                            height: header.height, member: MemberID(rawValue: member)!,
                            envelope: envelope)
                    ]))
            }
        }
    }

    /// Blocks 1 and 2 are final everywhere; then alfa, bravo and carol are shown one block 3
    /// and delta another; only alfa sees that its own has a quorum.
    static func split() throws -> ForkedAlliance {
        let alliance = try ForkedAlliance()
        for _ in 0..<2 {
            try alliance.block(on: names)
            try alliance.attest(names, tipOf: "alfa", keptBy: names)
        }
        try alliance.block(on: ["alfa", "bravo", "carol"])
        try alliance.block(on: ["delta"])
        try alliance.attest(["alfa", "bravo", "carol"], tipOf: "alfa", keptBy: ["alfa"])
        try alliance.attest(["bravo"], tipOf: "bravo", keptBy: ["bravo"])
        try alliance.attest(["carol"], tipOf: "carol", keptBy: ["carol"])
        try alliance.attest(["delta"], tipOf: "delta", keptBy: ["delta"])
        return alliance
    }

    /// No node runs on the homes from now on; ceremonies open them for themselves.
    func close() throws {
        for site in sites.values { try site.store.close() }
    }
}

extension TestHome {
    /// What followed the ceremony that began an epoch can be followed, proven and recomputed; there
    /// with a transaction of a block that was dropped, executed anew.
    func expectProven(_ dropped: Envelope, behind epoch: UInt64) async throws {
        try await reading { store in
            let document = try store.trust(from: .genesis, epoch: 0, genesis: genesis)
            #expect(document.epochRecords.map(\.epoch) == [epoch])
            let trusted = try TrustedChain(genesis: genesis)
                .following(document, ancestry: nil)
            #expect(trusted.sets.epoch == epoch)
            let proof = try store.prove(transaction: dropped.bodyHash, genesis: genesis)
            #expect(try proof.check(genesis: genesis).header.epoch == epoch)
            #expect(try proof.check(trusted: trusted).header.epoch == epoch)
            let report = try await Verification.run(store, genesis: genesis)
            #expect(report.finalHeight == report.tip?.height)
            #expect(report.tip?.epoch == epoch)
        }
    }
}
