import Foundation
import KoinonLedger
import KoinonNode
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonMachine
@testable import KoinonSimulation

/// A defect that the simulator has to find; it sits behind an interface, the rest is as it
/// ships.
struct Plant: Sendable, CustomTestStringConvertible {
    var name: String
    var subject: Subject
    var testDescription: String { name }

    /// The standard modules with one replaced.
    static func module(_ name: String, _ faulty: any Module.Type) -> Plant {
        var subject = Subject.sound
        subject.modules = ModuleList(
            Modules.all.map { $0.number == faulty.number ? faulty : $0 })
        return Plant(name: name, subject: subject)
    }

    static func store(
        _ name: String, _ wrap: @escaping @Sendable (any BlockStore) -> any BlockStore
    ) -> Plant {
        let sound = Subject.sound
        var subject = sound
        subject.create = { place, genesis, modules in
            wrap(try sound.create(place, genesis, modules))
        }
        subject.open = { place in wrap(try sound.open(place)) }
        return Plant(name: name, subject: subject)
    }

    static let all: [Plant] = [
        .module("what remains in a hold stays there at the end", KeptRemainder.self),
        .module("a booking may begin a millisecond before another ends", EarlyBooking.self),
        .module("the platform's fee is rounded up", DearFee.self),
        .module("an agreement's timers run a millisecond late", LateTimer.self),
        .module("a transfer's nonce may be used once more", ForgottenNonce.self),
        .store("a timer is lost when the store is opened again") { ForgetfulStore($0) },
        .store("a commit is acknowledged before it is durable") { HastyStore($0) },
        .store("entries behind the last block are lost at opening") { ShortStore($0) },
        Plant(name: "a rejected transaction leaves a row", subject: leftRow),
    ]

    private static let leftRow: Subject = {
        var subject = Subject.sound
        subject.apply = { entry, replica in
            let outcome = replica.apply(entry)
            guard case .closed(let block, _) = outcome,
                let result = try? BlockResult(serializedBytes: block.result)
            else { return outcome }
            for transaction in entry.transactions {
                guard let leaf = block.transactions.first(where: { $0.id == transaction.id })?.leaf,
                    result.receipts[leaf].code == MoneyRejection.insufficientBalance.rawValue,
                    case .money(let money) = transaction.body.actions.first?.module,
                    case .transfer(let transfer) = money.action, let to = AccountID(transfer.to)
                else { continue }
                var balance = Balance()
                balance.amountMinor = transfer.amountMinor
                replica.state.load(
                    key: Money.balances.stateKey(Key2(to, transfer.unit)), value: balance.encoded)
            }
            return outcome
        }
        return subject
    }()
}

/// A module that does what the sound one does, and something to it.
protocol AgreementsPlant: Module {
    static func before(_ action: Action, in context: Context)
    static func after(_ events: ArraySlice<Event>, in context: Context)
}

extension AgreementsPlant {
    static var number: UInt32 { Agreements.number }
    static var name: String { Agreements.name }
    static var rejections: [any RejectionCode] { Agreements.rejections }

    static func begin(_ genesis: GenesisDocument, in context: Context) throws(Rejection) {
        try Agreements.begin(genesis, in: context)
    }

    static func before(_ action: Action, in context: Context) {}

    static func apply(_ action: Action, in context: Context) throws(Rejection) {
        let count = context.events.count
        before(action, in: context)
        try Agreements.apply(action, in: context)
        after(context.events[count...], in: context)
    }

    static func fire(_ timer: TimerRecord, in context: Context) throws(Rejection) {
        let count = context.events.count
        try Agreements.fire(timer, in: context)
        after(context.events[count...], in: context)
    }

    static func payments(_ events: ArraySlice<Event>) -> [HoldPaid] {
        events.compactMap { event in
            guard case .money(let event) = event.module, case .holdPaid(let paid) = event.event
            else { return nil }
            return paid
        }
    }

    /// Moves money beside all rules.
    static func move(
        _ amount: UInt64, _ unit: String, from: AccountID, to: AccountID, in context: Context
    ) {
        guard take(amount, unit, from: from, in: context) else { return }
        Money.credit(Amount(minor: amount), to: to, unit: unit, in: context)
    }

    /// Whether there was so much.
    static func take(
        _ amount: UInt64, _ unit: String, from: AccountID, in context: Context
    ) -> Bool {
        let before = Money.balance(of: from, unit: unit, in: context.state).minor
        guard before >= amount else { return false }
        var rest = Balance()
        rest.amountMinor = before - amount
        if before == amount {
            Money.balances.remove(Key2(from, unit), in: context.state)
        } else {
            Money.balances.set(Key2(from, unit), rest, in: context.state)
        }
        return true
    }
}

enum KeptRemainder: AgreementsPlant {
    static func after(_ events: ArraySlice<Event>, in context: Context) {
        for paid in payments(events) where paid.purpose == .remainder {
            guard let to = AccountID(paid.to), let id = AgreementID(paid.agreement),
                take(paid.amountMinor, paid.unit, from: to, in: context)
            else { continue }
            Money.setHold(Amount(minor: paid.amountMinor), in: id, unit: paid.unit, in: context)
        }
    }
}

enum DearFee: AgreementsPlant {
    static func after(_ events: ArraySlice<Event>, in context: Context) {
        let payments = payments(events)
        for fee in payments where fee.purpose == .platformFee {
            guard let payment = payments.first(where: { $0.purpose == .payment }),
                let offer = AgreementID(fee.agreement)
                    .flatMap({ Agreements.agreement($0, in: context.state) })
                    .flatMap({ OfferID($0.offer) }).flatMap({ Market.offer($0, in: context.state) }
                    ),
                case let fraction = offer.terms.platformFee, fraction.numerator > 0,
                // Not a whole number before it was rounded.
                fee.amountMinor * UInt64(fraction.denominator) % UInt64(fraction.numerator) != 0,
                let platform = AccountID(fee.to), let provider = AccountID(payment.to)
            else { continue }
            move(1, fee.unit, from: provider, to: platform, in: context)
        }
    }
}

enum LateTimer: AgreementsPlant {
    static func after(_ events: ArraySlice<Event>, in context: Context) {
        let ids = events.compactMap { event -> AgreementID? in
            guard case .agreements(let event) = event.module else { return nil }
            return switch event.event {
            case .agreementOpened(let opened): AgreementID(opened.agreement)
            case .transitionTaken(let taken): AgreementID(taken.agreement)
            default: nil
            }
        }
        for timer in Timers.all(of: Agreements.number, in: context.state) {
            guard ids.contains(where: { Array(timer.subject) == $0.bytes }) else { continue }
            Timers.remove(timer, in: context.state)
            Timers.set(
                due: Timestamp(milliseconds: timer.dueMs + 1), module: timer.module,
                kind: timer.kind, subject: Array(timer.subject), name: timer.name,
                in: context.state)
        }
    }
}

enum EarlyBooking: AgreementsPlant {
    /// Bookings end a millisecond earlier while another is being made.
    static func before(_ action: Action, in context: Context) {
        guard case .openAgreement = action.agreements.action else { return }
        for (key, booking) in Agreements.bookings.rows(in: context.state) where !booking.exclusive {
            var changed = booking
            changed.endMs -= 1
            Agreements.bookings.set(key, changed, in: context.state)
        }
    }

    /// A rejection has undone it all.
    static func after(_ events: ArraySlice<Event>, in context: Context) {
        let opened = events.compactMap { event -> AgreementID? in
            guard case .agreements(let event) = event.module,
                case .agreementOpened(let opened) = event.event
            else { return nil }
            return AgreementID(opened.agreement)
        }
        guard !opened.isEmpty, case .transaction = context.origin else { return }
        for (key, booking) in Agreements.bookings.rows(in: context.state)
        where !booking.exclusive && !opened.contains(key.c) {
            // Parts that are sold on open an agreement too, and shift nothing.
            guard let end = Agreements.agreement(key.c, in: context.state)?.endMs,
                booking.endMs == end - 1
            else { continue }
            var changed = booking
            changed.endMs = end
            Agreements.bookings.set(key, changed, in: context.state)
        }
    }
}

enum ForgottenNonce: Module {
    static let number = Money.number
    static let name = Money.name
    static var rejections: [any RejectionCode] { Money.rejections }

    static func apply(_ action: Action, in context: Context) throws(Rejection) {
        try Money.apply(action, in: context)
        guard case .transfer = action.money.action, let key = context.signingKey else { return }
        guard var account = Accounts.account(context.sender, in: context.state),
            let index = account.keys.firstIndex(where: { PublicKey($0.publicKey) == key }),
            case let window = account.keys[index].window, window.highest > 1,
            window.unused.last?.last != window.highest - 1
        else { return }
        account.keys[index].window.highest -= 1
        Accounts.accounts.set(context.sender, account, in: context.state)
    }
}

/// Hands everything on to a sound store.
class PlantedStore: BlockStore {
    let inner: any BlockStore
    init(_ inner: any BlockStore) { self.inner = inner }
    func commit(_ batch: CommitBatch, defersRows: Bool) throws {
        try inner.commit(batch, defersRows: defersRows)
    }
    func extent() throws -> StoredExtent { try inner.extent() }
    func resume(_ modules: ModuleList) throws -> Replica { try inner.resume(modules) }
    func close() throws { try inner.close() }
}

final class ForgetfulStore: PlantedStore {
    override func resume(_ modules: ModuleList) throws -> Replica {
        let replica = try inner.resume(modules)
        if let row = Timers.table.rows(limit: 1, in: replica.state).first {
            replica.state.apply([StateChange(key: Timers.table.stateKey(row.key), value: nil)])
        }
        return replica
    }
}

final class ShortStore: PlantedStore {
    override func resume(_ modules: ModuleList) throws -> Replica {
        guard let store = inner as? LedgerStore else { return try inner.resume(modules) }
        return try store.loadReplica(modules: modules)
    }
}

final class HastyStore: PlantedStore {
    private var held: CommitBatch?

    override func commit(_ batch: CommitBatch, defersRows: Bool) throws {
        let before = held
        held = batch
        if let before { try inner.commit(before, defersRows: false) }
    }

    override func close() throws {
        let last = held
        held = nil
        defer { try? inner.close() }
        if let last { try inner.commit(last, defersRows: false) }
    }
}
