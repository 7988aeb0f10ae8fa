import Hummingbird
import KoinonNode
import KoinonProtocol
import KoinonStore

extension PageRenderer {
    /// Members, who signs, what is voted on, and the rules.
    func alliance(_ page: PageRequest) throws -> Response {
        let texts = page.texts
        let found = page.look { reader in
            (
                members: MemberView.all(in: reader), parameters: ParameterView.all(in: reader),
                units: UnitView.list(after: nil, limit: PageLimits.maximum, in: reader).rows,
                kinds: KindView.list(after: nil, limit: PageLimits.maximum, in: reader).rows,
                processes: ProcessView.list(after: nil, limit: 50, in: reader).rows,
                quorum: reader.members.quorum
            )
        }
        let signed = try context.store.read { try $0.lastSigned() }
        let silent = context.node.silentMembers
        let index = try searchIndex()
        var astray = false
        let proposals: ListPage<ProposalView> = try page.part("proposals", &astray) {
            try index.page(of: .proposals, before: $0, limit: 50) {
                ProposalView.make($0, in: $1)
            }
        }
        let disputes: ListPage<DisputeView> = try page.part("disputes", &astray) {
            try index.page(of: .disputes, before: $0, limit: 50) { DisputeView.make($0, in: $1) }
        }
        let open = disputes.rows.filter(\.open)
        let accounts = found.members.map(\.account).joined(separator: " ")
        var model: PageModel = [
            "astray": astray,
            "members": found.members.map { view in
                let id = MemberID(rawValue: view.id)
                return member(view, texts).merging(
                    signing(id.flatMap { signed[$0] }, id.flatMap { silent[$0] }, texts)
                ) { own, _ in own }
            },
            "changes": Self.changes.map { change -> PageModel in
                ["value": change, "name": texts("alliance.change_\(change)")]
            },
            "quorum_text": texts(
                "alliance.quorum",
                ["quorum": String(found.quorum), "count": String(found.members.count)]),
            "has_proposals": !proposals.rows.isEmpty, "accounts": accounts,
            "proposals": proposals.rows.map { proposal($0, texts) },
            "disputes": open.map { dispute($0, texts) },
            "has_disputes": !open.isEmpty || disputes.next != nil,
            "parameters": found.parameters.map { parameter -> PageModel in
                let isTime = parameter.name.hasSuffix("_ms")
                let value =
                    isTime
                    ? Texts.duration(parameter.value) : Texts.number(parameter.value)
                return [
                    "name": parameter.name, "value": value,
                    "title": texts("parameter.\(parameter.name)"),
                    "bounds": Self.bounds(parameter, isTime),
                ]
            },
            "has_units": !found.units.isEmpty,
            "units": found.units.map { unit -> PageModel in
                [
                    "unit": unit.unit, "account": unit.issuer,
                    "title": unit.title, "issued": texts.money(unit.issued),
                    "redeemed": texts.money(unit.redeemed),
                    "issuer": texts.who(unit.issuer, name: unit.member),
                ]
            },
            "has_kinds": !found.kinds.isEmpty,
            "kinds": found.kinds.map { kind -> PageModel in
                ["kind": kind.kind, "title": kind.title]
            },
            "processes": found.processes.map { process -> PageModel in
                [
                    "title": texts.ledger(process.title),
                    "drawing": ProcessDrawing(process: process, texts: texts).svg(),
                ]
            },
        ]
        let lists = [
            ("proposals", proposals.next, texts("alliance.proposals")),
            ("disputes", disputes.next, texts("alliance.disputes")),
        ]
        for (name, next, title) in lists {
            let more = page.more("/alliance", name, next, of: title, at: "#\(name)")
            model["\(name)_pages"] = more.map { ["more": $0] as PageModel }
        }
        return try response(
            "alliance", page, title: texts("nav.alliance"), nav: "alliance", model)
    }

    /// What members may vote on, the most frequent first.
    private static let changes = [
        "set_parameter", "admit_member", "expel_member", "adopt_process", "lift_flag",
        "activate_protocol",
    ]

    private static func bounds(_ parameter: ParameterView, _ isTime: Bool) -> String {
        let (least, most) = (parameter.minimum, parameter.maximum)
        return isTime
            ? "\(Texts.duration(least)) – \(Texts.duration(most))"
            : "\(Texts.number(least)) – \(Texts.number(most))"
    }

    /// One that waits for evidence or a decision, so that who sits finds it.
    private func dispute(_ view: DisputeView, _ texts: Texts) -> PageModel {
        let seats = view.seats.compactMap(\.member)
        var model: PageModel = [
            "agreement": view.agreement, "short": Texts.short(view.agreement),
            "status": texts("dispute.status_\(view.status)"), "held": texts.money(view.held),
        ]
        if !seats.isEmpty { model["seats"] = seats.joined(separator: ", ") }
        if let due = view.due { model["due"] = texts.time(due) }
        return model
    }

    private func member(_ view: MemberView, _ texts: Texts) -> PageModel {
        [
            "id": view.id, "name": view.name, "account": texts.who(view.account, name: view.id),
            "signs": Texts.short(view.nodeKey),
            "sponsored": String(view.accounts),
            "since": texts.time(view.admittedAt, style: "date"),
        ]
    }

    /// What a member has signed last, and why it signs nothing, where this node hosts it.
    private func signing(
        _ last: Height?, _ reason: FollowingReason?, _ texts: Texts
    ) -> PageModel {
        var model: PageModel = [:]
        if let last {
            model["signed"] = String(last.rawValue)
        } else {
            model["signed_none"] = texts(
                "alliance.signed_none", ["count": String(LedgerReader.signingBlocks)])
        }
        if let reason { model["silent"] = Self.words(reason, texts) }
        return model
    }

    private static func words(_ reason: FollowingReason, _ texts: Texts) -> String {
        switch reason {
        case .guardLost: texts("alliance.silent_guard_lost")
        case .guardOlder: texts("alliance.silent_guard_older")
        case .otherBranch(let height):
            texts("alliance.silent_other_branch", ["height": String(height.rawValue)])
        case .epochClosed(let epoch):
            texts("alliance.silent_epoch_closed", ["epoch": String(epoch)])
        }
    }

    private func proposal(_ view: ProposalView, _ texts: Texts) -> PageModel {
        let kind = texts("alliance.change_\(view.change.kind)")
        let title = texts.find("parameter.\(view.change.subject)")
        let subject = title.map { "\($0) (\(view.change.subject))" } ?? view.change.subject
        let isTime = view.change.kind == "set_parameter" && view.change.subject.hasSuffix("_ms")
        let value =
            view.change.value.map { given in
                let duration = isTime ? UInt64(given).map(Texts.duration) : nil
                return " → \(duration ?? given)"
            } ?? ""
        func names(_ members: [String]) -> String {
            members.isEmpty ? texts("alliance.nobody") : members.joined(separator: ", ")
        }
        var model: PageModel = [
            "id": view.id, "title": view.title, "status": texts("alliance.status_\(view.status)"),
            "tone": view.status == "adopted" ? "good" : view.status == "open" ? "now" : "",
            "change": "\(kind): \(subject)\(value)", "yes": names(view.yes),
            "no": names(view.no), "closes": texts.time(view.closesAt),
            "open": view.status == "open",
            "count": texts(
                "alliance.needed",
                [
                    "yes": String(view.yes.count), "needed": String(view.needed),
                    "count": String(view.members),
                ]),
            "by": view.proposer ?? texts("alliance.appeal"),
        ]
        if let statement = content(view.statementHash) { model["statement"] = statement }
        return model
    }
}
