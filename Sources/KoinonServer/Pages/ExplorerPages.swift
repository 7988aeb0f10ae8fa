import Hummingbird
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import KoinonStore

extension PageRenderer {
    private static let blocksShown = 25
    private static let leavesShown = 100

    /// The newest blocks.
    func explorer(_ page: PageRequest) throws -> Response {
        let texts = page.texts
        let from = try page.query.height("from")
        let final = context.node.finalHeight.rawValue
        let (found, counts) = try context.store.read { reader in
            let found = try DescendingBlocks(from: from, limit: Self.blocksShown, in: reader)
            let counts = try found.blocks.map { block, isKept in
                isKept ? try reader.leafCount(at: block.header.height) : nil
            }
            return (found, counts)
        }
        let accounts = memberAccounts(page)
        let tip = found.tip.rawValue
        let lag = tip > final ? tip - final : 0
        var model: PageModel = [
            "final_height": String(final),
            "final_text": lag == 0
                ? texts("start.lag_none") : texts("start.lag", ["count": String(lag)]),
            "blocks": zip(found.blocks, counts).map { row, count -> PageModel in
                let header = row.block.header
                var model: PageModel = [
                    "height": String(header.height.rawValue), "kept": row.isKept,
                    "time": texts.time(TimeView(header.time)),
                    "proposer": header.proposer?.rawValue ?? "",
                    "receipts": count.map { String($0) } ?? "–",
                    "hash": Texts.short(row.block.hash.hex),
                ]
                if let account = header.proposer.flatMap({ accounts[$0.rawValue] }) {
                    model["proposer_account"] = account
                }
                return model
            },
        ]
        model["more"] = page.more("/explorer", "from", found.next)
        return try response(
            "explorer", page, title: texts("explorer.title"), nav: "explorer", model)
    }

    /// One block: header, contents from `leaf` of the query on, who signed.
    func block(_ page: PageRequest) throws -> Response {
        let texts = page.texts
        guard let height = try page.query.height("height", inPath: true) else {
            throw Problem.page(page.query.path("height"))
        }
        let found = try context.store.read { reader in
            try reader.block(at: height).map { block in
                (
                    block, try reader.storedResult(at: height),
                    try reader.executedTransactions(at: height),
                    try reader.attestations(at: height).map(\.member.rawValue),
                    try reader.tip().header.height
                )
            }
        }
        guard let (block, result, executed, signers, tip) = found else {
            throw Problem.page("block \(height)")
        }
        let first = try page.query.number("leaf", 0...Int(Int32.max), default: 0)
        let count = result.receiptCount
        guard first == 0 || first < count else {
            throw Problem.page("leaf \(first)")
        }
        let shown = (0..<count).clamped(to: first..<first + Self.leavesShown)
        let leaves = try shown.map { leaf -> PageModel in
            let place = leaf - executed.firstLeaf
            let isTransaction = executed.ids.indices.contains(place)
            return leafModel(
                leaf, try result.receipt(at: leaf), isTransaction ? executed.ids[place].hex : nil,
                texts)
        }
        var model: PageModel = [
            "number": String(height.rawValue), "when": texts.time(TimeView(block.header.time)),
            "final": height <= context.node.finalHeight, "leaves": leaves,
            "has_leaves": !leaves.isEmpty, "header": headerRows(block, page),
            "signers": signers.isEmpty ? "–" : signers.joined(separator: ", "),
            "proof_url": "/v1/proofs/blocks/\(height)",
        ]
        model["more"] = page.more(
            "/explorer/block/\(height)", "leaf",
            shown.upperBound < count ? shown.upperBound : nil)
        if height > .genesis { model["previous"] = String(height.rawValue - 1) }
        if height < tip { model["following"] = String(height.rawValue + 1) }
        model.merge(links(String(height.rawValue), page)) { own, _ in own }
        let title = "\(texts("explorer.block")) \(height)"
        return try response("block", page, title: title, nav: "explorer", model)
    }

    private func leafModel(
        _ leaf: Int, _ receipt: Receipt, _ transaction: String?, _ texts: Texts
    ) -> PageModel {
        var model: PageModel = [
            "leaf": String(leaf), "outcome": outcome(receipt, texts),
            "tone": receipt.code == 0 ? "good" : "bad",
            "events": receipt.events.map { texts.event($0.name) }.joined(separator: ", "),
        ]
        if let transaction {
            model["transaction"] = transaction
            model["short"] = Texts.short(transaction)
        } else if !receipt.events.isEmpty {
            // A transaction has a page for them.
            model["unfolded"] =
                ["fields": receipt.events.map { $0.jsonForm(pretty: true) }] as PageModel
        }
        return model
    }

    private func outcome(_ receipt: Receipt, _ texts: Texts) -> String {
        guard receipt.code != 0 else { return texts("explorer.done") }
        let name = Modules.rejectionMeanings[receipt.code]?.name ?? String(receipt.code)
        return texts("explorer.rejected", ["code": name])
    }

    /// Of those who are members now, by the member's id.
    private func memberAccounts(_ page: PageRequest) -> [String: String] {
        let members = page.look { MemberView.all(in: $0) }
        return Dictionary(members.map { ($0.id, $0.account) }, uniquingKeysWith: { $1 })
    }

    private func headerRows(_ block: StoredBlock, _ page: PageRequest) -> [PageModel] {
        let header = block.header
        let rows: [(String, String)] = [
            ("hash", block.hash.hex), ("parent", header.parent.hex),
            ("time_ms", String(header.time.milliseconds)),
            ("entries_root", header.entriesRoot.hex),
            ("transactions_root", header.transactionsRoot.hex),
            ("receipts_root", header.receiptsRoot.hex), ("state_root", header.stateRoot.hex),
            ("history_root", header.historyRoot.hex), ("members_hash", header.membersHash.hex),
            ("next_members_hash", header.nextMembersHash.hex),
        ]
        let proposer = header.proposer?.rawValue ?? ""
        var last: PageModel = [
            "name": "proposer", "label": page.texts("explorer.proposer"), "value": proposer,
        ]
        if let account = memberAccounts(page)[proposer] { last["account"] = account }
        return rows.map { ["name": $0, "label": $0, "value": $1] } + [last]
    }

    /// One transaction: what was signed, and the receipt.
    func transaction(_ page: PageRequest) throws -> Response {
        let texts = page.texts
        guard let id = Hash256(hex: page.query.path("id")) else {
            throw Problem.page(page.query.path("id"))
        }
        let found = try context.store.read { reader in
            guard let (envelope, height) = try reader.signedTransaction(id),
                case .executed(_, _, let receipt)? = try reader.outcome(of: id)
            else { return nil as (Envelope, Height, Receipt, TimeView)? }
            let time = try reader.block(at: height)?.header.time ?? .maximum
            return (envelope, height, receipt, TimeView(time))
        }
        guard let (envelope, height, receipt, time) = found else { throw Problem.page(id.hex) }
        let body = try TransactionBody(strict: envelope.body)
        var model: PageModel = [
            "id": id.hex, "outcome": outcome(receipt, texts),
            "tone": receipt.code == 0 ? "good" : "bad", "code": String(receipt.code),
            "number": String(height.rawValue),
            "when": texts.time(time), "sender": texts.who(AccountID(body.sender)?.text ?? ""),
            "nonce": String(body.nonce), "expires": texts.time(TimeView(ms: body.expiresAtMs)),
            "actions": body.actions.map { linked($0.jsonForm(pretty: true), page) },
            "events": receipt.events.map { linked($0.jsonForm(pretty: true), page) },
            "has_events": !receipt.events.isEmpty,
            "proof_url": "/v1/proofs/transactions/\(id.hex)",
        ]
        if !body.memo.isEmpty { model["memo"] = body.memo }
        if let meaning = Modules.rejectionMeanings[receipt.code] {
            model["rejection"] =
                [
                    "name": meaning.name, "detail": JSONText.harmless(receipt.detail, atMost: 66),
                    "remedy": texts.remedy(receipt.code, meaning.remedy),
                ] as PageModel
        }
        model.merge(links(id.hex, page)) { own, _ in own }
        let title = texts("explorer.transaction")
        return try response("transaction", page, title: title, nav: "explorer", model)
    }

    /// JSON in which each id that has a page is a link there; as text it stays what it was.
    private func linked(_ json: String, _ page: PageRequest) -> PageModel {
        var parts: [PageModel] = []
        var text = ""
        for (place, piece) in json.split(separator: "\"", omittingEmptySubsequences: false)
            .enumerated()
        {
            if place > 0 { text += "\"" }
            if piece.hasPrefix("koi"), let href = shortened(String(piece), page) {
                let link: PageModel = ["href": href, "name": String(piece)]
                parts.append(["text": text, "link": link])
                text = ""
            } else {
                text += piece
            }
        }
        parts.append(["text": text])
        return ["parts": parts]
    }

    /// One key of the state, present or absent.
    func state(_ page: PageRequest) throws -> Response {
        let text = page.query.path("key")
        guard text.utf8.count <= 512, let key = Hex.decode(text), !key.isEmpty else {
            throw Problem.page(text)
        }
        let row = page.look { $0.row(under: key) }
        let hex = Hex.encode(key)
        var model: PageModel = [
            "key": hex, "present": row.value != nil,
            "value": row.value.map { Hex.encode($0) } ?? "",
        ]
        model.merge(row.proof) { own, _ in own }
        // A key that reads as a height has no short address, nor has one that is too long.
        if shortened(hex, page) == "/explorer/state/\(hex)" {
            model.merge(links(hex, page)) { own, _ in own }
        }
        return try response(
            "state", page, title: page.texts("explorer.key"), nav: "explorer", model)
    }
}
