import Hummingbird
import KoinonMachine
import KoinonProtocol

extension PageRenderer {
    /// One's keys: make, join, copy, take in. Everything about them happens in the browser.
    func mine(_ page: PageRequest) throws -> Response {
        let texts = page.texts
        var model: PageModel = ["can_join": context.joining != nil]
        if let joining = context.joining {
            let name = page.look { reader in
                MemberView.all(in: reader).first { $0.id == joining.member.rawValue }?.name
            }
            model["join_button"] = texts(
                "mine.join_button", ["member": name ?? joining.member.rawValue])
            if let money = joining.testMoney {
                let amount = page.look { $0.money(money.amountMinor, money.unit) }
                let words = texts("mine.money_text", ["amount": texts.moneyText(amount)])
                model["test_money"] =
                    ["words": words, "amount": texts.money(amount)] as PageModel
            }
        }
        return try response("mine", page, title: texts("mine.title"), nav: "account", model)
    }

    /// A form to register and offer something in one step, or to offer what one has.
    func share(_ page: PageRequest) throws -> Response {
        var model = OfferForm(page: page).model()
        model["mine"] = page.query.text("things") == "mine"
        let title = page.texts("share.title")
        return try response("share", page, title: title, nav: "share", model)
    }

    func help(_ page: PageRequest) throws -> Response {
        let sections = (page.texts.tree.child(named: "help") as? Texts.Tree)?
            .child(named: "sections")
        return try response(
            "help", page, title: page.texts("help.title"), ["sections": sections ?? []])
    }

    func check(_ page: PageRequest) throws -> Response {
        try response("check", page, title: page.texts("check.title"), [:])
    }

    /// What any id, height or name is; straight to it when there is only one.
    func lookup(_ page: PageRequest) throws -> Response {
        let texts = page.texts
        let asked = page.query.text("q") ?? ""
        var hits = asked.isEmpty ? [] : try searchIndex().lookup(asked).rows
        if hits.isEmpty, let key = stateKey(asked, page) {
            hits = [LookupView(what: "state", id: key, title: nil)]
        }
        if hits.count == 1, let href = address(of: hits[0], page) { return .redirect(to: href) }
        return try response(
            "found", page, title: texts("found.title"),
            status: hits.isEmpty ? .notFound : .ok,
            [
                "query": asked, "has_hits": !hits.isEmpty,
                "hits_text": texts("found.hits", ["count": String(hits.count)]),
                "hits": hits.compactMap { hit -> PageModel? in
                    address(of: hit, page).map { href in
                        [
                            "href": href, "title": hit.title ?? Texts.short(hit.id),
                            "kind": texts.find("found.\(hit.what)") ?? hit.what,
                        ]
                    }
                },
            ])
    }

    /// A text that may be a key of the state. One of 32 bytes, as hashes have, only when
    /// something stands under it: to whoever asks for a hash, that no row of the state has such
    /// a key says nothing.
    private func stateKey(_ text: String, _ page: PageRequest) -> String? {
        guard text.utf8.count <= 256, let key = Hex.decode(text), !key.isEmpty,
            key.count != Hash256.byteCount || page.look({ $0.state.value(for: key) }) != nil
        else { return nil }
        return Hex.encode(key)
    }

    /// The page that shows it: a warning's is its account's, an answer's that of its request.
    private func address(of hit: LookupView, _ page: PageRequest) -> String? {
        switch hit.what {
        case "flag":
            page.look { reader in
                FlagID(text: hit.id).flatMap { FlagView.make($0, in: reader) }
            }.map { "/account/\($0.account)" }
        case "answer":
            page.look { reader in
                OfferID(text: hit.id).flatMap { Market.answer($0, in: reader.state) }
                    .flatMap { reader.text($0.request, RequestKind.self) }
            }.map { "/request/\($0)" }
        case "account", "resource", "offer", "agreement", "request": "/\(hit.what)/\(hit.id)"
        case "transaction", "block", "state": "/explorer/\(hit.what)/\(hit.id)"
        case "proposal", "member", "unit", "process": "/alliance"
        case "kind": "/find?kind=\(hit.id)"
        default: nil
        }
    }

    /// To what a short address names.
    func short(_ page: PageRequest) throws -> Response {
        let id = page.query.path("id")
        guard let path = try shortened(id, page) ?? hashed(id, page) else {
            throw Problem.page(id)
        }
        return .redirect(to: path)
    }

    /// The page behind a short address, unless it is a hash: the beginning of an id says what it
    /// is, a number is a block's height, other bytes in hexadecimal are a key of the state.
    func shortened(_ id: String, _ page: PageRequest) -> String? {
        let kinds: [(prefix: String, path: String)] = [
            ("koires1", "resource"), ("koioff1", "offer"), ("koiagr1", "agreement"),
            ("koireq1", "request"), ("koi1", "account"),
        ]
        if Bech32m.decode(id) != nil,
            let kind = kinds.first(where: { id.lowercased().hasPrefix($0.prefix) })
        {
            return "/\(kind.path)/\(id.lowercased())"
        }
        if let height = UInt64(id), height <= UInt64(Int64.max), String(height) == id {
            return "/explorer/block/\(height)"
        }
        return stateKey(id, page).map { "/explorer/state/\($0)" }
    }

    /// The page about the transaction or the block that has this hash.
    private func hashed(_ id: String, _ page: PageRequest) throws -> String? {
        guard let hash = Hash256(hex: id) else { return nil }
        return try searchIndex().lookup(hash.hex).rows.first.flatMap { address(of: $0, page) }
    }
}
