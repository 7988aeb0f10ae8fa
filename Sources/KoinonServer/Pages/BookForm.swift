import Foundation
import KoinonProtocol

/// When, how long and how many: the form of the booking page, as its address has it.
struct BookForm {
    let page: PageRequest
    let offer: OfferView

    struct Wish: Sendable {
        /// 0: at once.
        var start: UInt64
        var duration: UInt64
        var quantity: UInt32
        var account: AccountID?

        func action(of offer: OfferID) -> OpenAgreement {
            var action = OpenAgreement()
            action.offer = Data(offer.bytes)
            action.startMs = start
            action.durationMs = duration
            action.quantity = quantity
            return action
        }
    }

    enum Reading {
        /// The page was opened without a wish.
        case nothing
        case fault(String)
        case wish(Wish)
    }

    private static let units: [(name: String, size: UInt64)] = [
        ("minutes", 60_000), ("hours", 3_600_000), ("days", 86_400_000),
    ]
    private static let longest = 3_650.0 * 86_400_000

    private var texts: Texts { page.texts }
    private func value(_ name: String) -> String? { page.query.text(name) }

    /// The unit of the offer's step, or what was chosen.
    private var unit: (name: String, size: UInt64) {
        let chosen = Self.units.first { $0.name == value("length_unit") }
        return chosen ?? Self.units.last { offer.stepMs >= $0.size } ?? Self.units[1]
    }

    func wish() -> Reading {
        guard let typed = value("length") else { return .nothing }
        guard let length = Double(typed.replacing(",", with: ".")), length > 0,
            length * Double(unit.size) <= Self.longest
        else { return .fault(texts("book.fault_length")) }
        let quantity = UInt32(value("quantity") ?? "1") ?? 0
        guard (1...1_000_000).contains(quantity) else {
            return .fault(texts("mistake.whole", ["least": "1", "most": "1000000"]))
        }
        do {
            let start = try PageTime.read(value("start"), field: "start") ?? 0
            let duration = UInt64((length * Double(unit.size)).rounded())
            return .wish(
                Wish(
                    start: start, duration: max(duration, 1), quantity: quantity,
                    account: value("account").flatMap { AccountID(text: $0) }))
        } catch {
            return .fault("\(texts("book.start")): \(texts("mistake.moment"))")
        }
    }

    func model() -> PageModel {
        [
            "start": value("start") ?? "", "quantity": value("quantity") ?? "1",
            "length": value("length")
                ?? String(max(UInt64(offer.minimumSteps), 1) * max(offer.stepMs / unit.size, 1)),
            "account": value("account") ?? "",
            "length_units": Self.units.map { one -> PageModel in
                [
                    "value": one.name, "name": texts("book.\(one.name)"),
                    "selected": one.name == unit.name,
                ]
            }, "has_arbiters": !offer.arbiters.isEmpty,
            "arbiters": offer.arbiters.map { texts.who($0) },
        ]
    }

    /// What is set aside and why. What the ledger itself reckons wins over the tariff.
    func quote(_ wish: Wish, _ foreseen: QuoteView?) -> PageModel {
        let steps = steps(wish.duration)
        let price = multiplied(UInt64(offer.price.minor) ?? 0, steps, UInt64(wish.quantity))
        let standard = multiplied(UInt64(offer.deposit.minor) ?? 0, UInt64(wish.quantity), 1)
        let collected = (foreseen?.movements ?? []).filter { $0.purpose == "collected" }
            .compactMap { UInt64($0.amount.minor) }
        let total = collected.isEmpty ? sum(price, standard) : collected.reduce(0, sum)
        let deposit = total >= price ? total - price : 0
        let isReduced = deposit < standard && total >= price
        let from =
            wish.start == 0 ? texts("book.at_once") : texts.timeText(TimeView(ms: wish.start))
        return [
            "words": texts(
                "book.period", ["from": from, "length": Texts.duration(wish.duration)]),
            "price": money(min(price, total)), "deposit": money(deposit), "total": money(total),
            "price_why": priceReason(steps, wish), "price_each": texts.money(offer.price),
            "deposit_why": isReduced
                ? texts("offer.reduced") : texts("book.deposit_why"),
            "start_ms": String(wish.start), "duration_ms": String(wish.duration),
            "quantity": String(wish.quantity),
        ]
    }

    private func priceReason(_ steps: UInt64, _ wish: Wish) -> String {
        let begun = offer.stepMs == 0 ? 1 : (wish.duration - 1) / offer.stepMs + 1
        let (plain, step) =
            offer.stepMs == 0
            ? ("book.price_why_whole", texts("offer.for_all"))
            : ("book.price_why", texts.step(offer.stepMs))
        let key = begun < steps ? "book.price_why_minimum" : plain
        let count = wish.quantity == 1 ? String(steps) : "\(wish.quantity) × \(steps)"
        return texts(
            key, ["steps": count, "price": texts.moneyText(offer.price), "step": step])
    }

    private func steps(_ duration: UInt64) -> UInt64 {
        let begun = offer.stepMs == 0 ? 1 : (duration - 1) / offer.stepMs + 1
        return max(begun, UInt64(offer.minimumSteps))
    }

    private func money(_ minor: UInt64) -> PageModel {
        let scale = offer.price.text.split(separator: ".").dropFirst().first?.count ?? 0
        return texts.money(MoneyView(minor: minor, unit: offer.unit, scale: scale))
    }

    private func multiplied(_ a: UInt64, _ b: UInt64, _ c: UInt64) -> UInt64 {
        let (first, over) = a.multipliedReportingOverflow(by: b)
        let (second, again) = first.multipliedReportingOverflow(by: c)
        return over || again ? UInt64(Int64.max) : min(second, UInt64(Int64.max))
    }

    private func sum(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : sum
    }

    /// Why the ledger would say no.
    func words(for rejection: RejectionView) -> String {
        let detail = rejection.detail.map { " (\($0.replacing("_", with: " ")))" } ?? ""
        return texts.remedy(rejection.code, rejection.remedy) + detail
    }
}
