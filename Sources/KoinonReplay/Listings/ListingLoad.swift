import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol

/// What stands between the file and the ledger as a whole; nothing was sent then.
public struct ListingLoadFault: Error, CustomStringConvertible {
    public var description: String
}

/// Offers the listings of a file on a ledger, through one of its members.
///
/// The member creates the unit and the kinds that are missing and opens an account for each
/// host; each host then registers its listings, one resource each, and offers them, both in
/// one transaction or neither. A listing that its host has registered before is left alone, so
/// that running again after a fault, or with a newer file, adds what is missing.
public struct ListingLoad {
    /// Sends signed transactions and waits until each is durable or refused, in this order.
    public typealias Submit = ([Envelope]) async throws -> [Submission]

    private static let accountsPerTransaction = 50
    /// Two actions each.
    static let listingsPerTransaction = 25
    /// Packed; hex doubles it, and a node takes 2 MiB.
    private static let bytesPerRequest = 400_000

    private let file: ListingFile
    private let member: MemberID
    private let hosts: [Host]
    private var builder: TransactionBuilder
    private let now: Timestamp
    private var loaded = ListingReport.Loaded()
    private var failures: [String: Int] = [:]

    /// One host's part of the work.
    private struct Host {
        var key: SigningKey
        var builder: TransactionBuilder
        var isOpen: Bool
        var missing: [Listing]
    }
    private let setUpActions: [Action]

    /// Finds out what is missing.
    ///
    /// - Parameters:
    ///   - member: opens the accounts; the offers are made through it.
    ///   - memberKey: an active key of the account through which it acts.
    ///   - secret: of this home, for ``ListingHostKey``.
    ///   - now: ledger time, from which the transactions' lifetime counts.
    /// - Throws: ``ListingLoadFault`` when the ledger's unit is another than the mapping's.
    public init(
        _ file: ListingFile, member: MemberID, memberKey: SigningKey, secret: SigningKey,
        chain: ChainID, now: Timestamp, state: some StateReader
    ) throws(ListingLoadFault) {
        self.file = file
        self.member = member
        self.now = now
        func signer(_ key: SigningKey, for known: AccountID? = nil) -> TransactionBuilder {
            let account = known ?? AccountID(chain: chain, firstKey: key.publicKey)
            let highest = Accounts.highestNonce(of: key.publicKey, for: account, in: state)
            return TransactionBuilder(
                chain: chain, sender: account, key: key, nextNonce: highest + 1)
        }
        // Its key need not be the first of its account.
        builder = signer(memberKey, for: Alliance.account(of: member, in: state))
        setUpActions = try Self.setUp(file.mapping, in: state)
        let byHost = Dictionary(grouping: file.listings, by: \.host)
        var alreadyThere = 0
        hosts = file.hosts.map { id in
            let key = ListingHostKey.of(id, secret: secret)
            let signing = signer(key)
            let missing = (byHost[id] ?? []).filter {
                Resources.resource(serial: $0.id, issuer: signing.sender, in: state) == nil
            }
            alreadyThere += (byHost[id] ?? []).count - missing.count
            return Host(
                key: key, builder: signing,
                isOpen: Accounts.account(signing.sender, in: state) != nil, missing: missing)
        }.filter { !$0.missing.isEmpty }
        loaded.alreadyThere = alreadyThere
    }

    private static func setUp(
        _ mapping: ListingMapping, in state: some StateReader
    ) throws(ListingLoadFault) -> [Action] {
        let unit = mapping.terms.unit
        var actions: [Action] = []
        if let known = Money.unit(unit.id, in: state) {
            guard known.scale == unit.scale else {
                throw ListingLoadFault(
                    description: "the ledger's unit \(unit.id) has \(known.scale) decimals, the "
                        + "mapping's \(unit.scale); correct terms.unit.scale")
            }
        } else {
            actions.append(.createUnit(unit.id, title: unit.title, scale: Int(unit.scale)))
        }
        var kinds: Set<String> = []
        for kind in mapping.kinds where kinds.insert(kind.kind).inserted {
            if Resources.kind(kind.kind, in: state) == nil {
                actions.append(.registerKind(kind.kind, title: kind.title))
            }
        }
        return actions
    }

    /// Sends everything that is missing.
    ///
    /// - Parameter progress: called after each request with how many listings are dealt with,
    ///   of how many.
    /// - Throws: what `submit` throws; what was sent before stays, and running again goes on.
    public mutating func run(
        submit: Submit, progress: (Int, Int) -> Void
    ) async throws -> ListingReport {
        try await setUp(submit: submit)
        try await openAccounts(submit: submit)
        var waiting: [(envelope: Envelope, listings: Int)] = []
        for host in hosts {
            var builder = host.builder
            for part in host.missing.inParts(of: Self.listingsPerTransaction) {
                waiting.append((try offer(part, by: &builder), part.count))
            }
        }
        for part in Self.requests(waiting, envelope: \.envelope) {
            let answers = try await send(part.map(\.envelope), submit: submit)
            for (answer, sent) in zip(answers, part) {
                if answer.status == .done {
                    loaded.offered += sent.listings
                } else {
                    loaded.failed += sent.listings
                    failures[Self.message(answer), default: 0] += sent.listings
                }
            }
            progress(
                loaded.alreadyThere + loaded.offered + loaded.failed, file.listings.count)
        }
        loaded.failures = failures.map { .init(message: $0.key, listings: $0.value) }
            .sorted { ($1.listings, $0.message) < ($0.listings, $1.message) }
        var report = ListingReport(file)
        report.loaded = loaded
        return report
    }

    private mutating func setUp(submit: Submit) async throws {
        for part in setUpActions.inParts(of: Self.accountsPerTransaction) {
            let built = try builder.build(part, now: now)
            try await mustBeDone([built.envelope], submit: submit)
        }
    }

    /// Without its account a host can do nothing, so what is refused here ends the run.
    private mutating func openAccounts(submit: Submit) async throws {
        let new = hosts.filter { !$0.isOpen }
        var envelopes: [Envelope] = []
        for part in new.inParts(of: Self.accountsPerTransaction) {
            let actions = part.map { host in
                Action.openAccount(
                    consent: AccountConsent.signed(
                        by: host.key, chain: builder.chain, sponsor: member))
            }
            envelopes.append(try builder.build(actions, now: now).envelope)
        }
        for part in Self.requests(envelopes, envelope: \.self) {
            try await mustBeDone(part, submit: submit)
        }
        loaded.accountsOpened = new.count
    }

    private mutating func mustBeDone(_ envelopes: [Envelope], submit: Submit) async throws {
        for answer in try await send(envelopes, submit: submit) where answer.status != .done {
            throw ListingLoadFault(description: Self.message(answer))
        }
    }

    private mutating func send(
        _ envelopes: [Envelope], submit: Submit
    ) async throws -> [Submission] {
        let answers = try await submit(envelopes)
        guard answers.count == envelopes.count else {
            throw ListingLoadFault(
                description: "the node answered about \(answers.count) of \(envelopes.count) "
                    + "transactions; run again")
        }
        loaded.transactions += envelopes.count
        return answers
    }

    /// In order, so many together as one request takes.
    private static func requests<Element>(
        _ elements: [Element], envelope: KeyPath<Element, Envelope>
    ) -> [[Element]] {
        var requests: [[Element]] = []
        var bytes = 0
        for element in elements {
            let size = element[keyPath: envelope].packed.count
            if requests.isEmpty || bytes + size > bytesPerRequest {
                requests.append([])
                bytes = 0
            }
            requests[requests.count - 1].append(element)
            bytes += size
        }
        return requests
    }

    private func offer(
        _ listings: [Listing], by builder: inout TransactionBuilder
    ) throws(TransactionBuildingFault) -> Envelope {
        var actions: [Action] = []
        for listing in listings {
            let resource: ResourceID = builder.nextID(ofAction: actions.count)
            actions.append(
                .registerResource(
                    kind: listing.kind, title: listing.title, capacity: 1, serial: listing.id))
            actions.append(listing.offer(of: resource, terms: file.mapping.terms, through: member))
        }
        return try builder.build(actions, now: now).envelope
    }

    private static func message(_ answer: Submission) -> String {
        answer.message.isEmpty ? answer.code ?? answer.status.rawValue : answer.message
    }
}

extension Listing {
    /// Nights are the step of the tariff and the least that can be booked.
    func offer(
        of resource: ResourceID, terms: ListingMapping.Terms, through member: MemberID
    ) -> Action {
        let night = ListingMapping.nightMilliseconds
        return .publishOffer(
            of: resource, title: title, unit: terms.unit.id,
            tariff: Tariff(price: price, stepMilliseconds: night, minimumSteps: minimumNights)
        ) { offer in
            offer.platform = member.rawValue
            offer.depositMinor = terms.deposit.minor
            if let reduced = terms.reducedDeposit {
                offer.reducedDeposit.afterSettled = reduced.afterSettled
                offer.reducedDeposit.depositMinor = reduced.deposit.minor
            }
            if terms.platformFee.numerator > 0 {
                offer.platformFee.numerator = terms.platformFee.numerator
                offer.platformFee.denominator = terms.platformFee.denominator
            }
            if let place { offer.place = place }
            offer.durationMinimumMs = UInt64(minimumNights) * night
        }
    }
}
