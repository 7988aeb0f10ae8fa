import Foundation
import KoinonProtocol

/// Agreements, and the processes by which they run.
struct AgreementBook {
    struct Row {
        var offer: OfferID
        /// What it takes: each thing of the offer, so many of it.
        var shares: [Share]
        var process: String
        /// By the name of the role.
        var parties: [String: AccountID]
        var state = ""
        var openedAt: UInt64
        var enteredAt: UInt64 = 0
        var start: UInt64
        var end: UInt64
        var quantity: UInt32
        var deposit: UInt64
        var unit: String
        /// Who decides disputes; nothing when members by lot do.
        var arbiter = Data()
        var usedFrom: UInt64 = 0
        var usedUntil: UInt64 = 0
        var frozenMs: UInt64 = 0
        var uses: UInt64 = 0
        var settledAt: UInt64 = 0
        var settledMinor: UInt64 = 0
        var isDisputed = false
        var resale: Resale?
    }

    struct Share: Equatable {
        var thing: ResourceID
        var quantity: UInt64
    }

    /// What an account settled.
    struct Record: Equatable {
        var settled: UInt64 = 0
        var late: UInt64 = 0
        var sinceLate: UInt64 = 0
    }

    var processes: [String: ReferenceProcess] = [:]
    var rows: [AgreementID: Row] = [:]
    var records: [AccountID: Record] = [:]
}

/// A process with its texts read.
struct ReferenceProcess {
    let definition: ProcessDefinition
    private var formulas: [String: Formula] = [:]
    private var comparisons: [String: FormulaComparison] = [:]

    init(_ definition: ProcessDefinition) throws {
        self.definition = definition
        var texts = definition.definitions.map(\.expression)
        for transition in definition.transitions {
            if transition.hasTimer { texts.append(transition.timer.offsetMs) }
            for effect in transition.effects {
                switch effect.effect {
                case .collect(let effect): texts.append(effect.amount)
                case .pay(let effect): texts.append(effect.amount)
                case .recordSettled(let effect): texts.append(effect.late)
                case .countUse(let effect): texts.append(effect.times)
                default: break
                }
            }
            for one in transition.guards {
                comparisons[one.condition] = try FormulaComparison(one.condition)
            }
        }
        if !definition.resale.allowed.isEmpty {
            comparisons[definition.resale.allowed] = try FormulaComparison(
                definition.resale.allowed)
        }
        if !definition.resale.deposit.isEmpty { texts.append(definition.resale.deposit) }
        for effect in definition.dispute.undecided {
            switch effect.effect {
            case .pay(let effect): texts.append(effect.amount)
            case .recordSettled(let effect): texts.append(effect.late)
            case .countUse(let effect): texts.append(effect.times)
            default: break
            }
        }
        for text in texts { formulas[text] = try Formula(text) }
    }

    func formula(_ text: String) throws -> Formula {
        guard let formula = formulas[text] else { throw Unsure() }
        return formula
    }

    func comparison(_ text: String) throws -> FormulaComparison {
        guard let comparison = comparisons[text] else { throw Unsure() }
        return comparison
    }

    func state(_ name: String) throws -> StateDefinition {
        guard let state = definition.states.first(where: { $0.name == name }) else {
            throw Unsure()
        }
        return state
    }

    /// Nil before the agreement is open.
    func occupancy(_ state: String) throws -> Occupancy {
        state.isEmpty ? .none : try self.state(state).occupancy
    }

    /// The role that this source fills.
    func role(_ source: RoleSource) -> String? {
        definition.roles.first { $0.source == source }?.name
    }
}

/// The values of a process's names at one moment; each is reckoned once.
final class ReferenceValues {
    private let row: AgreementBook.Row
    private let id: AgreementID
    private let ledger: ReferenceLedger
    private let process: ReferenceProcess
    private let terms: PublishOffer
    private let now: UInt64
    private var known: [String: Int64] = [:]

    init(
        _ id: AgreementID, _ row: AgreementBook.Row, at now: UInt64, in ledger: ReferenceLedger
    ) throws {
        guard let process = ledger.deals.processes[row.process],
            let offer = ledger.market.offers[row.offer]
        else { throw Unsure() }
        self.id = id
        self.row = row
        self.now = now
        self.ledger = ledger
        self.process = process
        terms = offer.terms
    }

    func value(_ name: String) throws -> Int64 {
        if let value = known[name] { return value }
        let value = try reckon(name)
        known[name] = value
        return value
    }

    private func reckon(_ name: String) throws -> Int64 {
        if let term = process.definition.terms.first(where: { $0.name == name }) {
            return terms.terms.first { $0.name == name }?.value ?? term.defaultValue
        }
        if let definition = process.definition.definitions.first(where: { $0.name == name }) {
            return try process.formula(definition.expression).value(value)
        }
        let isUsed = try process.occupancy(row.state) == .inUse
        switch name {
        case "now": return whole(now)
        case "opened_at": return whole(row.openedAt)
        case "entered_at": return whole(row.enteredAt)
        case "start": return whole(row.start)
        case "end": return whole(row.end)
        case "duration": return whole(row.end - row.start)
        case "used_from": return whole(row.usedFrom)
        case "used_until": return whole(isUsed ? now - row.frozenMs : row.usedUntil)
        case "uses": return whole(row.uses)
        case "quantity": return Int64(row.quantity)
        case "held": return whole(ledger.money.held(id, row.unit))
        case "deposit": return whole(row.deposit)
        case "price": return whole(terms.tariff.priceMinor)
        case "step_ms": return whole(terms.tariff.stepMs)
        case "minimum_steps": return Int64(terms.tariff.minimumSteps)
        case "fee_numerator": return terms.hasPlatformFee ? Int64(terms.platformFee.numerator) : 0
        case "fee_denominator":
            return terms.hasPlatformFee ? Int64(terms.platformFee.denominator) : 1
        case "others_using":
            let isFull = row.shares.contains { share in
                guard let thing = ledger.things.rows[share.thing] else { return false }
                let others = thing.quantityInUse - (isUsed ? share.quantity : 0)
                return others + share.quantity + thing.quantityCounted > UInt64(thing.capacity)
            }
            return isFull ? 1 : 0
        default: throw Unsure()
        }
    }

    private func whole(_ value: UInt64) -> Int64 { Int64(clamping: value) }
}
