import Foundation
import KoinonMachine
import KoinonProtocol

/// Values of views as templates show them: without JavaScript in UTC and plain digits, and
/// marked so that the page's script writes them as the reader does.
extension Texts {
    func money(_ view: MoneyView) -> PageModel {
        [
            "minor": view.minor, "unit": view.unit, "text": view.text,
            "unit_name": unitName(view.unit), "sentence": moneyText(view),
        ]
    }

    /// "6.00 USD", inside a sentence; the page's script finds it there again by these letters.
    func moneyText(_ view: MoneyView) -> String {
        "\(decimal(view.text)) \(unitName(view.unit))"
    }

    /// Digits with a point, with this language's sign in its place.
    func decimal(_ digits: String) -> String {
        digits.replacing(".", with: self("number.decimal"))
    }

    /// Currencies are written in capitals.
    func unitName(_ unit: String) -> String { unit.count == 3 ? unit.uppercased() : unit }

    func time(_ view: TimeView, style: String? = nil) -> PageModel {
        var model: PageModel = ["iso": view.text, "text": timeText(view)]
        if let style { model["style"] = style }
        return model
    }

    /// "2018-01-01 12:30 UTC".
    func timeText(_ view: TimeView) -> String {
        view.text.prefix(16).replacing("T", with: " ") + " UTC"
    }

    /// - Parameter name: of a member; people are shown by their id.
    func who(_ account: String, name: String? = nil) -> PageModel {
        var model: PageModel = ["id": account, "short": Self.short(account)]
        if let name { model["name"] = name }
        return model
    }

    /// The beginning and the end of an id or a hash.
    static func short(_ id: String) -> String {
        id.count > 20 ? "\(id.prefix(9))…\(id.suffix(5))" : id
    }

    /// Millionths as per cent with one decimal, rounded down: 25,129 is "2.5 %".
    func percent(_ ppm: some BinaryInteger) -> String {
        let tenths = Int(clamping: ppm) / 1_000
        return decimal("\(tenths / 10).\(tenths % 10) %")
    }

    /// As ``percent(_:)``; what nobody has reviewed yet says so, as it would look like blame.
    func standing(_ ppm: UInt32) -> String {
        ppm == UInt32(StandingFormula.newcomerStanding)
            ? self("standing.new", ["percent": percent(ppm)]) : percent(ppm)
    }

    /// A fraction as per cent where it is a whole number of them, otherwise as it is.
    static func share(_ numerator: UInt64, of denominator: UInt64) -> String {
        let (hundredfold, overflow) = numerator.multipliedReportingOverflow(by: 100)
        guard denominator > 0, !overflow, hundredfold.isMultiple(of: denominator) else {
            return "\(numerator)/\(denominator)"
        }
        return "\(hundredfold / denominator) %"
    }

    /// Digits in threes from the right, once there are more than four: with a narrow space,
    /// which every language of the page reads alike.
    static func number(_ value: UInt64) -> String {
        var digits = String(value)
        guard digits.count > 4 else { return digits }
        for place in stride(from: digits.count - 3, to: 0, by: -3) {
            digits.insert("\u{202f}", at: digits.index(digits.startIndex, offsetBy: place))
        }
        return digits
    }

    /// Millionths of a full review with two decimals.
    func reviews(_ ppm: UInt64) -> String {
        let hundredths = ppm / 10_000
        let rest = String(hundredths % 100)
        return decimal("\(hundredths / 100).\(rest.count == 1 ? "0" : "")\(rest)")
    }

    /// "2 d 3 h": units that every language of the page writes alike.
    static func duration(_ milliseconds: UInt64) -> String {
        let units: [(String, UInt64)] = [
            ("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000),
        ]
        var rest = milliseconds
        var parts: [String] = []
        for (name, size) in units where rest >= size {
            parts.append("\(rest / size) \(name)")
            rest %= size
        }
        return parts.isEmpty ? "\(milliseconds) ms" : parts.prefix(3).joined(separator: " ")
    }

    /// What a price is for: "hour", "30 minutes", "day".
    func step(_ milliseconds: UInt64) -> String {
        let named: [UInt64: String] = [
            1_800_000: "half_hour", 604_800_000: "week", 2_592_000_000: "month",
        ]
        if let name = named[milliseconds] { return self("step.\(name)") }
        let units: [(String, UInt64)] = [
            ("days", 86_400_000), ("hours", 3_600_000), ("minutes", 60_000), ("seconds", 1_000),
        ]
        for (name, size) in units where milliseconds >= size && milliseconds % size == 0 {
            return self("step.\(name)", ["count": String(milliseconds / size)])
        }
        return Self.duration(milliseconds)
    }

    /// "per hour"; processes that reckon without time have no step.
    func per(_ milliseconds: UInt64) -> String {
        milliseconds == 0
            ? self("offer.for_all") : self("offer.per", ["step": step(milliseconds)])
    }

    /// The word for a role of a process, or its own name.
    func role(_ name: String) -> String { find("role.\(name)") ?? name.replacing("_", with: " ") }

    /// The word for a transition, or its own name.
    func verb(_ name: String) -> String { find("verb.\(name)") ?? name.replacing("_", with: " ") }

    /// Why a step cannot be taken now: the process's own reason where it has one.
    func reason(_ rejection: RejectionView) -> String {
        guard let detail = rejection.detail else {
            return remedy(rejection.code, rejection.remedy)
        }
        return find("reason.\(detail)") ?? detail.replacing("_", with: " ")
    }

    /// Signed as reviews show it.
    static func score(_ score: Int32) -> String {
        score > 0 ? "+\(score)" : score < 0 ? "−\(-score)" : "0"
    }
}
