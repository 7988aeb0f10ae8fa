import KoinonProtocol

/// A dispute as the agreement's page shows it: what was said, who decides, what can be done.
extension AgreementParts {
    /// For each of the sides that may dispute it now: who, and against whom.
    func disputable() -> [PageModel] {
        let states = found.rules?.dispute.states ?? []
        guard found.rules?.hasDispute == true, states.contains(view.state.name), !view.disputed,
            found.sides.count == 2
        else { return [] }
        return [(found.sides[0], found.sides[1]), (found.sides[1], found.sides[0])].map {
            one, other in
            [
                "account": one.account, "role": one.role, "other": other.role,
                "form": "open-\(one.role)", "ownership": ownership,
            ]
        }
    }

    /// Whether a decision may make the thing somebody's, and whose.
    private var ownership: [PageModel] {
        let role = found.rules?.dispute.ownershipTo ?? ""
        guard !role.isEmpty else { return [] }
        return [["words": texts("dispute.hand_over", ["role": texts.role(role)])]]
    }

    /// - Parameter content: what this node has of evidence.
    func dispute(_ dispute: DisputeView, content: (String?) -> PageModel?) -> PageModel {
        var model: PageModel = [
            "status": texts("dispute.status_\(dispute.status)"),
            "tone": dispute.open ? "bad" : "good",
            "what_next": texts("dispute.next_\(dispute.status)"),
            "opener": texts.who(dispute.opener), "held": texts.money(dispute.held),
            "claim": words(dispute.claim), "decides": judges(dispute),
            "opened": texts.time(dispute.openedAt),
            "evidence": dispute.evidence.map { evidence($0, content) },
            "seats": seats(dispute.seats), "has_seats": !dispute.seats.isEmpty,
            "first_seats": seats(dispute.firstSeats),
            "has_first_seats": !dispute.firstSeats.isEmpty,
        ]
        if let due = dispute.due { model["due"] = texts.time(due) }
        if let closed = dispute.closedAt { model["closed"] = texts.time(closed) }
        if let decision = dispute.decision { model["decision"] = words(decision) }
        if let appellant = dispute.appellant { model["appellant"] = texts.who(appellant) }
        model.merge(actions(dispute)) { $1 }
        return model
    }

    /// A form for each account that may do something now.
    private func actions(_ dispute: DisputeView) -> PageModel {
        guard dispute.open else { return [:] }
        let canEnd = dispute.decision == nil
        let step = dispute.next?.actions.first ?? ""
        let accounts = dispute.next?.accounts ?? []
        func people(_ action: String) -> [PageModel] {
            guard step == action else { return [] }
            return accounts.enumerated().map { index, account in
                ["account": account, "form": "\(action.prefix(6))-\(index)"]
            }
        }
        let others = found.sides.filter { $0.account != dispute.opener }
        return [
            "can_submit": people("submit_evidence"), "can_appeal": people("appeal_decision"),
            "can_decide": people("decide_dispute").map { one in one.merging(parts()) { $1 } },
            "can_withdraw": canEnd ? [["account": dispute.opener] as PageModel] : [],
            "can_concede": canEnd ? others.map { ["account": $0.account] as PageModel } : [],
        ]
    }

    /// Between whom a decision divides.
    private func parts() -> PageModel {
        guard found.sides.count == 2 else { return [:] }
        return [
            "role": found.sides[0].role, "other": found.sides[1].role,
            "share_label": texts(
                "dispute.decide_share", ["role": texts.role(found.sides[0].role)]),
            "share_hint": texts(
                "dispute.decide_rest", ["role": texts.role(found.sides[1].role)]),
            "ownership": ownership,
        ]
    }

    private func evidence(
        _ one: DisputeView.Evidence, _ content: (String?) -> PageModel?
    ) -> PageModel {
        var model: PageModel = [
            "who": texts.who(one.account), "time": texts.time(one.submittedAt),
        ]
        if let role = view.parties.first(where: { $0.account == one.account })?.role {
            model["role"] = texts.role(role)
        }
        if let found = content(one.evidenceHash) { model["content"] = found }
        return model
    }

    private func seats(_ seats: [DisputeView.Seat]) -> [PageModel] {
        seats.map { seat in
            var model: PageModel = ["name": seat.member ?? texts("dispute.arbiter")]
            model["says"] = seat.division.map { words($0) } ?? texts("dispute.not_yet")
            if let time = seat.decidedAt { model["decided"] = texts.time(time) }
            return model
        }
    }

    private func judges(_ dispute: DisputeView) -> String {
        let seats = dispute.seats.map { $0.member ?? texts("dispute.arbiter") }
        guard seats.isEmpty else { return seats.joined(separator: ", ") }
        return texts(view.arbiter == nil ? "dispute.lot" : "dispute.arbiter")
    }

    private func words(_ division: DisputeView.Division) -> String {
        var parts = division.shares.map { share in
            texts(
                "dispute.share_words",
                [
                    "share": Texts.share(share.numerator, of: division.denominator),
                    "role": texts.role(share.role),
                ])
        }
        if division.handOver {
            let role = texts.role(found.rules?.dispute.ownershipTo ?? "")
            parts.append(texts("dispute.hand_over", ["role": role]))
        }
        return parts.joined(separator: ", ")
    }
}
