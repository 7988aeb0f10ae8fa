import Foundation
import KoinonProtocol

/// The JSON form of scripts of alliances (docs/simulate.md).
extension AllianceScript: SimulationScript {
    public var stepCount: Int { steps.count }

    public static let format = "koinon/alliance-simulation/v1"

    public func json() throws -> String {
        try ScriptObject.document(
            Self.format, setting: setting.json(), steps: steps.map { try $0.json() })
    }

    /// - Throws: ``ScriptFault``
    public init(json bytes: [UInt8]) throws {
        let document = try ScriptObject(document: bytes, format: Self.format)
        setting = try AllianceSetting(try document.object("setting"))
        steps = try document.objects("steps").map { try AllianceStep($0) }
    }

    /// Whether a script says of itself that it is one of an alliance.
    public static func isOne(_ bytes: [UInt8]) -> Bool {
        let any = try? JSONSerialization.jsonObject(with: Data(bytes))
        return (any as? [String: Any])?["format"] as? String == format
    }
}

extension AllianceSetting {
    func json() -> [String: Any] {
        [
            "members": members, "candidates": candidates, "liars": liars,
            "time_ms": ScriptObject.number(timeMs), "latency_ms": ScriptObject.number(latencyMs),
            "disk_ms": ScriptObject.number(diskMs), "seed": ScriptObject.number(seed),
            "heals_at_ms": ScriptObject.number(healsAtMs), "checkpoint_pages": checkpointPages,
            "retained_blocks": retainedBlocks,
        ]
    }

    init(_ object: ScriptObject) throws {
        members = try object.texts("members")
        candidates = try object.texts("candidates")
        liars = try object.texts("liars")
        timeMs = try object.number("time_ms")
        latencyMs = try object.number("latency_ms")
        diskMs = try object.number("disk_ms")
        seed = try object.number("seed")
        healsAtMs = try object.number("heals_at_ms")
        checkpointPages = try object.integer("checkpoint_pages")
        retainedBlocks = try object.integer("retained_blocks")
        for name in members + candidates where MemberID(rawValue: name) == nil {
            throw ScriptFault(place: "setting", problem: "\"\(name)\" is no member name")
        }
        guard !members.isEmpty, Set(nodes).count == nodes.count else {
            throw ScriptFault(place: "setting.members", problem: "has none, or one twice")
        }
        guard latencyMs > 0, diskMs > 0 else {
            throw ScriptFault(place: "setting", problem: "latency_ms and disk_ms are 1 or more")
        }
    }
}

extension AllianceStep {
    func json() throws -> [String: Any] {
        var fields = try happens.json()
        fields["at_ms"] = ScriptObject.number(atMs)
        return fields
    }

    init(_ object: ScriptObject) throws {
        atMs = try object.number("at_ms")
        happens = try Happening(object)
    }
}

extension Happening {
    func json() throws -> [String: Any] {
        switch self {
        case .send(let transaction, let to): ["send": try transaction.json(), "to": to]
        case .crash(let crash):
            crash.json()
        case .cut(let nodes, let forMs): ["cut": nodes, "for_ms": ScriptObject.number(forMs)]
        case .slow(let node, let byMs, let forMs):
            [
                "slow": node, "by_ms": ScriptObject.number(byMs),
                "for_ms": ScriptObject.number(forMs),
            ]
        case .deafen(let node, let forMs): ["deafen": node, "for_ms": ScriptObject.number(forMs)]
        case .stall(let forMs): ["stall": true, "for_ms": ScriptObject.number(forMs)]
        case .reread(let node, let entries): ["reread": node, "entries": entries]
        case .clock(let node, let offset): ["clock": node, "offset_ms": NSNumber(value: offset)]
        case .lie(let node, let lie): ["lie": node, "kind": lie.rawValue]
        case .split(let groups): ["split": groups]
        case .mislead(let node, let order): ["mislead": node, "order": order]
        case .lose(let author): ["lose": author]
        case .hide(let node): ["hide": node]
        case .renew(let node, let key): ["renew": node, "key": key]
        case .recover: ["recover": true]
        }
    }

    init(_ object: ScriptObject) throws {
        if object.has("send") {
            self = .send(
                try TransactionStep(try object.object("send")), to: try object.texts("to"))
        } else if object.has("crash") {
            self = .crash(try NodeCrash(object))
        } else if object.has("cut") {
            self = .cut(try object.texts("cut"), forMs: try object.number("for_ms"))
        } else if object.has("slow") {
            self = .slow(
                try object.text("slow"), byMs: try object.number("by_ms"),
                forMs: try object.number("for_ms"))
        } else if object.has("deafen") {
            self = .deafen(try object.text("deafen"), forMs: try object.number("for_ms"))
        } else if object.has("stall") {
            self = .stall(forMs: try object.number("for_ms"))
        } else if object.has("reread") {
            self = .reread(try object.text("reread"), entries: try object.integer("entries"))
        } else if object.has("clock") {
            self = .clock(
                try object.text("clock"), offsetMs: Int64(try object.integer("offset_ms")))
        } else if object.has("lie") {
            guard let lie = Lie(rawValue: try object.text("kind")) else {
                throw ScriptFault(place: "\(object.place).kind", problem: "is no lie")
            }
            self = .lie(try object.text("lie"), lie)
        } else if object.has("split") {
            guard let groups = object.fields["split"] as? [[String]], !groups.isEmpty else {
                throw ScriptFault(place: "\(object.place).split", problem: "is no list of groups")
            }
            self = .split(groups)
        } else if object.has("mislead") {
            self = .mislead(try object.text("mislead"), order: try object.integer("order"))
        } else if object.has("lose") {
            self = .lose(try object.text("lose"))
        } else if object.has("hide") {
            self = .hide(try object.text("hide"))
        } else if object.has("renew") {
            self = .renew(try object.text("renew"), key: try object.text("key"))
        } else if object.has("recover") {
            self = .recover
        } else {
            throw ScriptFault(place: object.place, problem: "names nothing that happens")
        }
    }
}

extension NodeCrash {
    fileprivate func json() -> [String: Any] {
        var fields: [String: Any] = [
            "crash": node, "operation": NSNumber(value: disk.operation),
            "torn": disk.torn, "loss": disk.loss.rawValue,
            "seed": ScriptObject.number(disk.seed), "down_ms": ScriptObject.number(downMs),
        ]
        if losesDisk { fields["loses_disk"] = true }
        if let guardFault { fields["guard"] = guardFault.rawValue }
        return fields
    }

    fileprivate init(_ object: ScriptObject) throws {
        guard let loss = CrashStep.Loss(rawValue: try object.text("loss")) else {
            throw ScriptFault(place: "\(object.place).loss", problem: "is no loss")
        }
        node = try object.text("crash")
        disk = CrashStep(
            operation: Int64(try object.integer("operation")), torn: try object.flag("torn"),
            loss: loss, seed: try object.number("seed", default: 0))
        downMs = try object.number("down_ms")
        losesDisk = try object.flag("loses_disk")
        guard object.has("guard") else { return }
        guardFault = GuardLoss(rawValue: try object.text("guard"))
        if guardFault == nil {
            throw ScriptFault(place: "\(object.place).guard", problem: "is no fault of a guard")
        }
    }
}
