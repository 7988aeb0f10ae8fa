import KoinonProtocol

/// What the forms that make an offer let a person choose from.
struct OfferForm {
    let page: PageRequest

    private static let steps: [UInt64] = [
        900_000, 1_800_000, 3_600_000, 86_400_000, 604_800_000, 2_592_000_000,
    ]

    /// - Parameters:
    ///   - unit: chosen at first.
    ///   - unitsFixed: only that one may be chosen.
    func model(unit chosen: String? = nil, unitsFixed: Bool = false) -> PageModel {
        let texts = page.texts
        let (kinds, units, processes) = page.look { reader in
            (
                KindView.list(after: nil, limit: PageLimits.maximum, in: reader).rows,
                UnitView.list(after: nil, limit: PageLimits.maximum, in: reader).rows,
                ProcessView.list(after: nil, limit: PageLimits.maximum, in: reader).rows
            )
        }
        let shown = unitsFixed ? units.filter { $0.unit == chosen } : units
        return [
            "has_kinds": !kinds.isEmpty, "has_units": !shown.isEmpty,
            "kinds": kinds.map { ["kind": $0.kind, "title": $0.title] as PageModel },
            "units": shown.map { unit -> PageModel in
                [
                    "unit": unit.unit, "title": unit.title, "scale": String(unit.scale),
                    "selected": unit.unit == chosen,
                ]
            },
            "processes": processes.map { process -> PageModel in
                // What most people mean by sharing.
                [
                    "id": process.id, "title": texts.ledger(process.title),
                    "selected": process.id == "lease",
                    "terms": process.terms.map { term($0, of: process.id) },
                    "has_terms": !process.terms.isEmpty,
                ]
            },
            "steps": Self.steps.map { step -> PageModel in
                ["ms": String(step), "name": texts.step(step), "selected": step == 3_600_000]
            },
        ]
    }

    /// A term of a process as a field: a choice, hours, money, or a number.
    private func term(_ term: ProcessView.Term, of process: String) -> PageModel {
        let isChoice = term.minimum == 0 && term.maximum == 1
        let isTime = term.name.hasSuffix("_ms")
        let isMoney = term.name.hasSuffix("fee") || term.name == "bond"
        let kind = isChoice ? "choice" : isTime ? "time" : isMoney ? "money" : "number"
        let hours = Double(term.defaultValue) / 3_600_000
        var title = page.texts.ledger(term.title)
        // "1: the borrower may …" is how the process says it; here there is a box to tick.
        if isChoice, let colon = title.range(of: "1: ") {
            title.removeSubrange(colon)
            title = title.prefix(1).uppercased() + title.dropFirst()
        }
        return [
            "id": "term-\(process)-\(term.name)", "field": "term_\(process)_\(term.name)",
            "name": term.name, "kind": kind, "choice": isChoice,
            "hint": isTime
                ? page.texts("share.in_hours") : isMoney ? page.texts("share.in_unit") : "",
            "title": title, "least": String(term.minimum), "most": String(term.maximum),
            "standard": String(term.defaultValue), "checked": term.defaultValue == 1,
            "value": isTime ? SVG.number(hours) : String(term.defaultValue),
        ]
    }
}
