import Foundation
import KoinonProtocol

extension Setting {
    func json() throws -> [String: Any] {
        let parameters = try JSONSerialization.jsonObject(
            with: Data(parameters.jsonForm(pretty: false).utf8))
        return [
            "members": members, "parameters": parameters,
            "time_ms": ScriptObject.number(timeMs), "processes": processes,
            "checkpoint_pages": checkpointPages,
        ]
    }

    init(_ object: ScriptObject) throws {
        members = try object.texts("members")
        processes = try object.texts("processes")
        for id in processes where Self.knownProcesses[id] == nil {
            throw ScriptFault(place: "setting.processes", problem: "\(id) is not known here")
        }
        timeMs = try object.number("time_ms")
        checkpointPages = try object.integer("checkpoint_pages")
        let data = try JSONSerialization.data(
            withJSONObject: try object.object("parameters").fields)
        do {
            parameters = try Parameters(jsonForm: Array(data))
        } catch {
            throw ScriptFault(place: "setting.parameters", problem: "\(error)")
        }
    }
}

extension Step {
    func json() throws -> [String: Any] {
        switch self {
        case .entry(let entry): return ["entry": try entry.json()]
        case .commit(let defersRows):
            var fields: [String: Any] = [:]
            if defersRows { fields["defers_rows"] = true }
            return ["commit": fields]
        case .reopen: return ["reopen": [String: Any]()]
        case .crash(let crash):
            var fields: [String: Any] = [
                "operation": NSNumber(value: crash.operation), "loss": crash.loss.rawValue,
                "seed": ScriptObject.number(crash.seed),
            ]
            if crash.torn { fields["torn"] = true }
            return ["crash": fields]
        }
    }

    init(_ object: ScriptObject) throws {
        if object.has("entry") {
            self = .entry(try EntryStep(try object.object("entry")))
        } else if object.has("commit") {
            self = .commit(defersRows: try object.object("commit").flag("defers_rows"))
        } else if object.has("reopen") {
            self = .reopen
        } else if object.has("crash") {
            let crash = try object.object("crash")
            guard let loss = CrashStep.Loss(rawValue: try crash.text("loss")) else {
                throw ScriptFault(place: "\(crash.place).loss", problem: "is no loss")
            }
            self = .crash(
                CrashStep(
                    operation: Int64(try crash.integer("operation")), torn: try crash.flag("torn"),
                    loss: loss, seed: try crash.number("seed", default: 0)))
        } else {
            throw ScriptFault(
                place: object.place, problem: "is no step: name entry, commit, crash or reopen")
        }
    }
}

extension EntryStep {
    func json() throws -> [String: Any] {
        var fields: [String: Any] = [
            "author": author, "clock_ms": ScriptObject.number(clockMs),
            "transactions": try transactions.map { try $0.json() },
        ]
        if sequenceOffset != 0 { fields["sequence_offset"] = sequenceOffset }
        if let signedBy { fields["signed_by"] = signedBy }
        if epoch != 0 { fields["epoch"] = ScriptObject.number(epoch) }
        return fields
    }

    init(_ object: ScriptObject) throws {
        author = try object.text("author")
        clockMs = try object.number("clock_ms")
        sequenceOffset = object.has("sequence_offset") ? try object.integer("sequence_offset") : 0
        guard (-1_000_000_000...1_000_000_000).contains(sequenceOffset) else {
            throw ScriptFault(
                place: "\(object.place).sequence_offset", problem: "is more than 1000000000")
        }
        signedBy = object.has("signed_by") ? try object.text("signed_by") : nil
        epoch = try object.number("epoch", default: 0)
        transactions = try object.objects("transactions").map { try TransactionStep($0) }
    }
}

extension TransactionStep {
    func json() throws -> [String: Any] {
        var fields: [String: Any] = [
            "sender": AccountID(sender)?.text ?? Hex.encode(sender), "key": key,
            "nonce": ScriptObject.number(nonce), "expires_at_ms": ScriptObject.number(expiresAtMs),
            "actions": try actions.map { try $0.scriptJSON() },
        ]
        if !memo.isEmpty { fields["memo"] = memo }
        if let flaw { fields["flaw"] = flaw.rawValue }
        return fields
    }

    init(_ object: ScriptObject) throws {
        let text = try object.text("sender")
        sender = try AccountID(text: text)?.bytes ?? object.hex("sender")
        key = try object.text("key")
        nonce = try object.number("nonce")
        expiresAtMs = try object.number("expires_at_ms")
        memo = try object.text("memo", default: "")
        actions = try object.objects("actions").map { try Action(scriptObject: $0) }
        if object.has("flaw") {
            flaw = Flaw(rawValue: try object.text("flaw"))
            if flaw == nil {
                throw ScriptFault(place: "\(object.place).flaw", problem: "is no flaw")
            }
        }
    }
}

extension Action {
    /// The JSON form when it says all, else the bytes.
    fileprivate func scriptJSON() throws -> Any {
        let form = Array(jsonForm(pretty: false).utf8)
        guard let read = try? Action(jsonForm: form), read == self else {
            return ["hex": Hex.encode(encoded)]
        }
        return try JSONSerialization.jsonObject(with: Data(form))
    }

    fileprivate init(scriptObject object: ScriptObject) throws {
        do {
            if object.has("hex") {
                self = try Action(strict: try object.hex("hex"))
            } else {
                let data = try JSONSerialization.data(withJSONObject: object.fields)
                self = try Action(jsonForm: Array(data))
            }
        } catch let fault as ScriptFault {
            throw fault
        } catch {
            throw ScriptFault(place: object.place, problem: "\(error)")
        }
    }
}
