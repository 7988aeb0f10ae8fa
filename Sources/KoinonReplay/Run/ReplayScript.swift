import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol

/// Turns a plan into signed transactions, block by block.
public struct ReplayScript {
    /// What a transaction of the replay is for; by id, to find it again in the ledger.
    enum Purpose: Hashable, Sendable {
        case setUp
        case topUp
        case begin(trip: Int)
        case finish(trip: Int)
    }

    /// The transactions of one block.
    struct Block: Sendable {
        var time: Timestamp
        var envelopes: [Envelope] = []
    }

    private static let actionsPerTransaction = 50
    /// How long before the first trip the setting up takes place.
    static let setUpLeadMilliseconds: UInt64 = 3_600_000

    public let plan: TripPlan
    public let cast: ReplayCast
    private var members: [TransactionBuilder]
    private var fleets: [TransactionBuilder]
    private var treasuries: [TransactionBuilder]
    private var riders: [TransactionBuilder]
    /// As ``TripPlan/resources``, once set up.
    public private(set) var resources: [ResourceID] = []
    public private(set) var offers: [OfferID] = []
    /// As ``TripPlan/trips``; nil until booked.
    public private(set) var agreements: [AgreementID?]
    private(set) var purposes: [Hash256: Purpose] = [:]

    init(plan: TripPlan, cast: ReplayCast, chain: ChainID) {
        func builder(_ key: SigningKey) -> TransactionBuilder {
            TransactionBuilder(
                chain: chain, sender: AccountID(chain: chain, firstKey: key.publicKey), key: key)
        }
        self.plan = plan
        self.cast = cast
        members = cast.sides.map { builder($0.member.accountKey) }
        fleets = cast.sides.map { builder($0.fleet) }
        treasuries = cast.sides.map { builder($0.treasury) }
        riders = cast.riders.map(builder)
        agreements = Array(repeating: nil, count: plan.trips.count)
    }

    // MARK: Whoever acts

    /// Somebody of the cast; indices as in the plan.
    public enum Actor: Hashable, Sendable {
        case member(Int)
        case fleet(Int)
        case treasury(Int)
        case rider(Int)
    }

    /// Signs the actions with the actor's next nonce.
    public mutating func build(
        by actor: Actor, _ actions: [Action], now: Timestamp
    ) throws -> BuiltTransaction {
        switch actor {
        case .member(let index): try members[index].build(actions, now: now)
        case .fleet(let index): try fleets[index].build(actions, now: now)
        case .treasury(let index): try treasuries[index].build(actions, now: now)
        case .rider(let index): try riders[index].build(actions, now: now)
        }
    }

    public func builder(of actor: Actor) -> TransactionBuilder {
        switch actor {
        case .member(let index): members[index]
        case .fleet(let index): fleets[index]
        case .treasury(let index): treasuries[index]
        case .rider(let index): riders[index]
        }
    }

    // MARK: Setting up

    /// Accounts, money, kinds, resources and offers, in one block.
    mutating func setUp(at time: Timestamp) throws -> Block {
        var block = Block(time: time)
        try openAccounts(&block)
        try issueMoney(&block)
        try publishResources(&block)
        return block
    }

    private mutating func openAccounts(_ block: inout Block) throws {
        for (side, planned) in plan.operators.enumerated() {
            let keys =
                [cast.sides[side].fleet, cast.sides[side].treasury]
                + plan.riders.indices.filter { plan.riders[$0].operator == side }
                .map { cast.riders[$0] }
            let actions = keys.map { key in
                Action.openAccount(
                    consent: AccountConsent.signed(
                        by: key, chain: members[side].chain, sponsor: planned.member))
            }
            for part in actions.inParts(of: Self.actionsPerTransaction) {
                try add(members[side].build(part, now: block.time), .setUp, to: &block)
            }
        }
    }

    /// The first operator that uses a unit issues it, to every treasury that needs it.
    private mutating func issueMoney(_ block: inout Block) throws {
        var needs = Array(repeating: UInt64(0), count: plan.operators.count)
        for case .topUp(let rider, let amount) in plan.instants.flatMap(\.steps) {
            needs[plan.riders[rider].operator] += amount.minor
        }
        var issuers: [String: Int] = [:]
        for (side, planned) in plan.operators.enumerated() {
            let unit = planned.lease.unit
            var actions: [Action] = []
            let issuer = issuers[unit.id] ?? side
            if issuers.updateValue(issuer, forKey: unit.id) == nil {
                actions.append(.createUnit(unit.id, title: unit.title, scale: Int(unit.scale)))
            }
            if needs[side] > 0 {
                actions.append(
                    .issue(
                        unit: unit.id, to: treasuries[side].sender,
                        amount: Amount(minor: needs[side])))
            }
            guard !actions.isEmpty else { continue }
            try add(members[issuer].build(actions, now: block.time), .setUp, to: &block)
        }
    }

    private mutating func publishResources(_ block: inout Block) throws {
        var kinds: Set<String> = []
        for (side, planned) in plan.operators.enumerated() {
            let kind = planned.mapping.resources.kind
            if kinds.insert(kind).inserted {
                let action = Action.registerKind(
                    kind, title: planned.mapping.resources.kindTitle)
                try add(members[side].build([action], now: block.time), .setUp, to: &block)
            }
        }
        var ids = Array<(ResourceID, OfferID)?>(repeating: nil, count: plan.resources.count)
        for side in plan.operators.indices {
            let mine = plan.resources.indices.filter { plan.resources[$0].operator == side }
            for part in mine.inParts(of: Self.actionsPerTransaction / 2) {
                var actions: [Action] = []
                for index in part {
                    let resource: ResourceID = fleets[side].nextID(ofAction: actions.count)
                    let offer: OfferID = fleets[side].nextID(ofAction: actions.count + 1)
                    ids[index] = (resource, offer)
                    actions.append(plan.registration(ofResource: index))
                    actions.append(plan.offer(ofResource: index, as: resource))
                }
                try add(fleets[side].build(actions, now: block.time), .setUp, to: &block)
            }
        }
        resources = ids.compactMap { $0?.0 }
        offers = ids.compactMap { $0?.1 }
    }

    // MARK: Trips

    /// The transactions of one moment of the plan.
    mutating func block(_ instant: PlannedInstant) throws -> Block {
        var block = Block(time: instant.time)
        for step in instant.steps {
            switch step {
            case .topUp(let rider, let amount):
                let side = plan.riders[rider].operator
                let action = Action.transfer(
                    unit: plan.operators[side].lease.unit.id, to: riders[rider].sender,
                    amount: amount)
                try add(treasuries[side].build([action], now: block.time), .topUp, to: &block)
            case .begin(let index):
                let trip = plan.trips[index]
                let agreement: AgreementID = riders[trip.rider].nextID(ofAction: 0)
                agreements[index] = agreement
                let actions: [Action] = [
                    plan.booking(ofTrip: index, on: offers[trip.resource]),
                    .takeTransition("start", of: agreement),
                ]
                let built = try riders[trip.rider].build(actions, now: block.time)
                add(built, .begin(trip: index), to: &block)
            case .finish(let index):
                // A booking that the plan expects to be refused has nothing to finish.
                guard case .settled = plan.predictions[index], let agreement = agreements[index]
                else { continue }
                let action = Action.takeTransition("finish", of: agreement)
                let rider = plan.trips[index].rider
                try add(
                    riders[rider].build([action], now: block.time), .finish(trip: index),
                    to: &block)
            }
        }
        return block
    }

    private mutating func add(
        _ built: BuiltTransaction, _ purpose: Purpose, to block: inout Block
    ) {
        purposes[built.id] = purpose
        block.envelopes.append(built.envelope)
    }
}

extension RandomAccessCollection where Index == Int {
    /// Runs of at most `count` elements, in order.
    func inParts(of count: Int) -> [[Element]] {
        stride(from: startIndex, to: endIndex, by: count).map {
            Array(self[$0..<Swift.min($0 + count, endIndex)])
        }
    }
}
