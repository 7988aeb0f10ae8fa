import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol

/// Makes the ``FuzzWorld``, block by block.
final class FuzzWorldBuilder {
    private static let hour: UInt64 = 3_600_000

    let replica: Replica
    private(set) var history = MerkleFrontier()
    private(set) var actors: [FuzzWorld.Actor] = []
    private(set) var names: [String: String] = [:]
    private(set) var builders: [String: TransactionBuilder] = [:]
    private(set) var sequence: UInt64 = 1
    /// Each with the attestations of both members.
    private(set) var blocks: [StreamedBlock] = []
    let proposer: MemberID

    /// The key that belongs to a name; the same in every run.
    static func key(_ name: String) -> SigningKey {
        guard let key = SigningKey(seed: Hash256.sha256(Array(name.utf8)).bytes) else {
            preconditionFailure("a digest has the length of a seed")
        }
        return key
    }

    init() throws {
        var genesis = Genesis()
        genesis.format = GenesisDocument.format
        genesis.name = "An alliance for fuzzing"
        genesis.timeMs = FuzzWorld.start.milliseconds
        genesis.members = ["alfa", "bravo"].map { id in
            GenesisMember.with {
                $0.id = id
                $0.name = id
                $0.nodeKey = Data(Self.key("node of \(id)").publicKey.bytes)
                $0.accountKey = Data(Self.key(id).publicKey.bytes)
            }
        }
        genesis.processes = StandardProcesses.all
        let document = try GenesisDocument(contentsOf: Array(genesis.jsonForm().utf8))
        replica = try Replica(genesis: document)
        guard let proposer = MemberID(rawValue: "alfa") else { throw Violation("no member name") }
        self.proposer = proposer
        for name in ["alfa", "bravo", "paul", "bea", "carl"] {
            let key = Self.key(name)
            let account = document.accountID(of: key.publicKey)
            actors.append(FuzzWorld.Actor(name: name, key: key, account: account))
            names[name] = account.text
            builders[name] = TransactionBuilder(chain: replica.chain, sender: account, key: key)
        }
    }

    func finish() throws -> FuzzWorld {
        try openAccounts()
        try offer()
        try book()
        let violations = Modules.invariantViolations(in: replica.state)
        guard violations.isEmpty else { throw Violation(violations.joined(separator: "; ")) }
        return FuzzWorld(self)
    }

    private func openAccounts() throws {
        try done(
            "alfa",
            ["paul", "bea", "carl"].map { name in
                .openAccount(
                    consent: AccountConsent.signed(
                        by: Self.key(name), chain: replica.chain, sponsor: proposer))
            } + [
                .createUnit("usd", title: "US dollar", scale: 2),
                .registerKind("bike", title: "Bicycle"),
            ])
        for name in ["bea", "carl"] {
            try done(
                "alfa",
                [
                    .issue(
                        unit: "usd", to: try builder(name).sender,
                        amount: Amount(minor: 1_000_000))
                ])
        }
    }

    private func offer() throws {
        let resource: ResourceID = try builder("paul").nextID(ofAction: 0)
        names["resource"] = resource.text
        try done(
            "paul", [.registerResource(kind: "bike", title: "A bike", capacity: 3, serial: "1")])
        let offer: OfferID = try builder("paul").nextID(ofAction: 0)
        names["offer"] = offer.text
        try done(
            "paul",
            [
                .publishOffer(
                    of: resource, title: "By the half hour", unit: "usd",
                    tariff: Tariff(
                        price: Amount(minor: 100), stepMilliseconds: Self.hour / 2)
                ) { offer in
                    offer.depositMinor = 2_000
                    offer.platformFee = .with {
                        $0.numerator = 5
                        $0.denominator = 100
                    }
                }
            ])
    }

    private func book() throws {
        guard let offer = names["offer"].flatMap({ OfferID(text: $0) }) else {
            throw Violation("there is no offer")
        }
        for (customer, name) in [("bea", "agreement"), ("carl", "running")] {
            let agreement: AgreementID = try builder(customer).nextID(ofAction: 0)
            names[name] = agreement.text
            try done(customer, [.openAgreement(offer: offer, durationMilliseconds: Self.hour)])
            if name == "running" { try done(customer, [.takeTransition("start", of: agreement)]) }
        }
        // A third of them is given back, so that it can be reviewed.
        let settled: AgreementID = try builder("carl").nextID(ofAction: 0)
        names["settled"] = settled.text
        try done(
            "carl",
            [
                .openAgreement(offer: offer, durationMilliseconds: Self.hour),
                .takeTransition("start", of: settled), .takeTransition("finish", of: settled),
            ])
        let flag: FlagID = try builder("bravo").nextID(ofAction: 0)
        names["flag"] = flag.text
        try done(
            "bravo",
            [
                .raiseFlag(
                    on: try builder("carl").sender, evidenceHash: .sha256([]), reason: "late")
            ])
        let request: RequestID = try builder("bea").nextID(ofAction: 0)
        names["request"] = request.text
        try done(
            "bea",
            [
                .publishRequest(
                    title: "A bike for a day", kind: "bike", unit: "usd",
                    expires: Timestamp(
                        milliseconds: FuzzWorld.start.milliseconds + 24 * Self.hour))
            ])
        let proposal: ProposalID = try builder("bravo").nextID(ofAction: 0)
        names["proposal"] = proposal.text
        try done(
            "bravo",
            [
                .propose(
                    title: "Nearer only",
                    Action.setting(parameter: "booking_horizon_ms", to: 86_400_000))
            ])
    }

    private func builder(_ name: String) throws -> TransactionBuilder {
        guard let builder = builders[name] else { throw Violation("nobody is called \(name)") }
        return builder
    }

    /// One transaction in a block of its own, which must be done.
    private func done(_ name: String, _ actions: [Action]) throws {
        var builder = try builder(name)
        let time = Timestamp(milliseconds: FuzzWorld.start.milliseconds + sequence * 1_000)
        let built = try builder.build(actions, now: time)
        builders[name] = builder
        var body = EntryBody()
        body.chain = Data(replica.chain.bytes)
        body.author = proposer.rawValue
        body.sequence = sequence
        body.clockMs = time.milliseconds
        body.transactions = [built.envelope.message]
        sequence += 1
        let envelope = Self.key("node of alfa").sign(body.encoded, as: .entry)
        let entry = try CheckedEntry(envelope, chain: replica.chain, epoch: 0)
        let parent = replica.header.hash
        guard case .closed(let block, let ignored) = replica.apply(entry), ignored.isEmpty,
            let receipt = try BlockResult(strict: block.result).receipts.last, receipt.code == 0
        else { throw Violation("what \(name) did was not done: \(actions)") }
        history.append(leafHash: MerkleTree.leafHash(parent))
        let attestations = ["alfa", "bravo"].map { member in
            Self.key("node of \(member)").sign(
                Attestation.body(of: block.header), as: .attestation)
        }
        blocks.append(
            StreamedBlock(header: block.header, attestations: attestations, entries: [envelope]))
    }
}
