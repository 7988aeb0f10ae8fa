import ArgumentParser
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import KoinonStore
import SwiftProtobuf

/// Answers `koinon query` from one view of a store, as JSON text.
struct LedgerQuestion {
    let state: StoredState
    let reader: LedgerReader
    let limit: Int

    /// Nil when there is no such thing on the ledger.
    ///
    /// - Throws: `ValidationError` for an unknown question or an id of another form.
    func answer(_ what: String, id: String?) throws -> String? {
        switch what {
        case "status": try status()
        case "members": try list(Alliance.members) { $0.rawValue }
        case "parameters": try row(Alliance.parameterRow, NoKey())
        case "units": try list(Money.units) { $0 }
        case "kinds": try list(Resources.kinds) { $0 }
        case "processes": try list(Agreements.processes) { $0 }
        case "accounts": try list(Accounts.accounts) { $0.text }
        case "resources": try list(Resources.resources) { $0.text }
        case "offers": try list(Market.offers) { $0.text }
        case "requests": try list(Market.requests) { $0.text }
        case "answers": try list(Market.answers) { $0.text }
        case "agreements": try list(Agreements.agreements) { $0.text }
        case "proposals": try list(Alliance.proposals) { $0.text }
        case "account": try row(Accounts.accounts, identifier(id))
        case "resource": try row(Resources.resources, identifier(id))
        case "offer": try row(Market.offers, identifier(id))
        case "request": try row(Market.requests, identifier(id))
        case "answer": try row(Market.answers, identifier(id))
        case "answers-to": try answers(to: identifier(id))
        case "agreement": try row(Agreements.agreements, identifier(id))
        case "process": try row(Agreements.processes, name(id))
        case "dispute": try dispute(of: identifier(id))
        case "proposal": try row(Alliance.proposals, identifier(id))
        case "flags": try list(Reputation.flags) { $0.text }
        case "flag": try row(Reputation.flags, identifier(id))
        case "balances": try balances(of: identifier(id))
        case "block": try block(id)
        case "transaction": try transaction(id)
        default:
            throw ValidationError(
                "WHAT: \"\(what)\" is not among what can be read; see koinon query --help")
        }
    }

    private func identifier<Kind>(_ text: String?) throws -> Identifier<Kind> {
        guard let text else {
            throw ValidationError("ID: name which; ids begin with \(Kind.textPrefix)1")
        }
        guard let id = Identifier<Kind>(text: text) else {
            throw ValidationError(
                "ID: \"\(text)\" is not of this kind; such ids begin with \(Kind.textPrefix)1")
        }
        return id
    }

    private func name(_ text: String?) throws -> String {
        guard let text, Slug.isValid(text) else {
            throw ValidationError(
                "ID: name which, for instance lease; koinon query processes lists them")
        }
        return text
    }

    /// The agreement's last dispute, and what it waits for while it is open.
    private func dispute(of agreement: AgreementID) throws -> String? {
        guard let (number, dispute) = Disputes.dispute(of: agreement, in: state) else { return nil }
        let key = Disputes.disputes.stateKey(Key2(agreement, number))
        var fields = [
            ("height", "\(try height())"), ("state_key", quoted(Hex.encode(key))),
            ("value", dispute.jsonForm(pretty: false)),
        ]
        if let next = Disputes.nextStep(of: agreement, in: state) {
            fields += [
                ("next", "[\(next.actions.map(quoted).joined(separator: ", "))]"),
                ("by", "[\(next.actors.map { quoted($0.text) }.joined(separator: ", "))]"),
                ("until", quoted(next.until.iso8601)),
            ]
        }
        return object(fields)
    }

    // MARK: State rows

    private func row<Key, Value>(_ table: Table<Key, Value>, _ key: Key) throws -> String? {
        guard let value = table.get(key, in: state) else { return nil }
        return try object([
            ("height", "\(height())"), ("state_key", quoted(Hex.encode(table.stateKey(key)))),
            ("value", value.jsonForm(pretty: false)),
        ])
    }

    private func list<Key, Value>(
        _ table: Table<Key, Value>, _ name: (Key) -> String
    ) throws -> String? {
        let rows = table.rows(limit: limit, in: state).map { row in
            "{\"id\": \(quoted(name(row.key))), \"state_key\": \(quoted(Hex.encode(table.stateKey(row.key)))), \"value\": \(row.value.jsonForm(pretty: false))}"
        }
        return try document(rows)
    }

    private func answers(to request: RequestID) throws -> String? {
        guard Market.request(request, in: state) != nil else { return nil }
        let rows = Market.answers(to: request, in: state).prefix(limit).map { id, answer in
            "{\"id\": \(quoted(id.text)), \"state_key\": \(quoted(Hex.encode(Market.answers.stateKey(id)))), \"value\": \(answer.jsonForm(pretty: false))}"
        }
        return try document(rows)
    }

    private func balances(of account: AccountID) throws -> String? {
        guard Accounts.account(account, in: state) != nil else { return nil }
        let rows = Money.balances.rows(under: account, limit: limit, in: state).map { row in
            let scale = Int(Money.unit(row.key.b, in: state)?.scale ?? 0)
            let amount = Amount(minor: row.value.amountMinor)
            let text = MoneyText.format(amount, scale: scale)
            return
                "{\"unit\": \(quoted(row.key.b)), \"amount\": \(quoted(text)), \"amount_minor\": \(amount), \"state_key\": \(quoted(Hex.encode(Money.balances.stateKey(row.key))))}"
        }
        return try document(rows)
    }

    // MARK: Blocks

    private func status() throws -> String {
        let tip = try reader.tip()
        let counts = try reader.counts()
        return object([
            ("height", "\(tip.header.height)"), ("time", quoted(tip.header.time.iso8601)),
            ("chain", quoted(tip.header.chain.hex)), ("block_hash", quoted(tip.hash.hex)),
            ("state_root", quoted(tip.header.stateRoot.hex)),
            ("transactions", "\(counts.transactions)"), ("state_rows", "\(counts.stateRows)"),
            ("bytes", "\(counts.bytes)"),
        ])
    }

    private func block(_ text: String?) throws -> String? {
        guard let text, let number = UInt64(text) else {
            throw ValidationError(
                "HEIGHT: give a block's number, for instance koinon query block 1")
        }
        let height = Height(number)
        guard let block = try reader.block(at: height) else { return nil }
        let header = block.header
        let result = try BlockResult(serializedBytes: reader.result(at: height) ?? [])
        let signers = try reader.attestations(at: height).map { quoted($0.member.rawValue) }
        return object([
            ("height", "\(height)"), ("hash", quoted(block.hash.hex)),
            ("time", quoted(header.time.iso8601)), ("parent", quoted(header.parent.hex)),
            ("proposer", quoted(header.proposer?.rawValue ?? "")),
            ("entries_root", quoted(header.entriesRoot.hex)),
            ("transactions_root", quoted(header.transactionsRoot.hex)),
            ("receipts_root", quoted(header.receiptsRoot.hex)),
            ("state_root", quoted(header.stateRoot.hex)),
            ("history_root", quoted(header.historyRoot.hex)),
            ("signed_by", "[\(signers.joined(separator: ", "))]"),
            ("result", result.jsonForm(pretty: false)),
        ])
    }

    private func transaction(_ text: String?) throws -> String? {
        guard let text, let id = Hash256(hex: text) else {
            throw ValidationError("ID: give the 64 hexadecimal digits of a transaction's id")
        }
        guard let (envelope, height) = try reader.signedTransaction(id),
            case .executed(_, let leaf, let receipt)? = try reader.outcome(of: id)
        else { return nil }
        let body = try TransactionBody(strict: envelope.body)
        return object([
            ("height", "\(height)"), ("leaf", "\(leaf)"), ("id", quoted(id.hex)),
            ("public_key", quoted(envelope.publicKey.hex)),
            ("body", body.jsonForm(pretty: false)), ("receipt", receipt.jsonForm(pretty: false)),
            ("outcome", quoted(ReceiptText.outcome(receipt))),
        ])
    }

    // MARK: Text

    private func height() throws -> Height { try reader.tip().header.height }

    private func document(_ rows: [String]) throws -> String {
        try object([("height", "\(height())"), ("rows", "[\(rows.joined(separator: ", "))]")])
    }

    private func object(_ fields: [(String, String)]) -> String {
        let text = "{" + fields.map { "\(quoted($0.0)): \($0.1)" }.joined(separator: ", ") + "}"
        return Text.pretty(text)
    }

    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
