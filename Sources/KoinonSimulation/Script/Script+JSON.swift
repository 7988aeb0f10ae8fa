import Foundation
import KoinonProtocol

/// A script that cannot be read.
public struct ScriptFault: Error, CustomStringConvertible {
    /// Such as "steps[3].entry.author".
    public var place: String
    public var problem: String
    public var description: String {
        "script: \(place): \(problem); docs/simulate.md describes scripts"
    }
}

/// The JSON form of scripts (docs/simulate.md). Actions stand in it as everywhere
/// (docs/formats/json-actions.md), those that this form cannot say as hex.
extension Script: SimulationScript {
    public var stepCount: Int { steps.count }

    public static let format = "koinon/simulation/v1"

    public func json() throws -> String {
        try ScriptObject.document(
            Self.format, setting: setting.json(), steps: steps.map { try $0.json() })
    }

    /// - Throws: ``ScriptFault``
    public init(json bytes: [UInt8]) throws {
        let document = try ScriptObject(document: bytes, format: Self.format)
        setting = try Setting(try document.object("setting"))
        steps = try document.objects("steps").map { try Step($0) }
    }
}

/// An object of the document, and where it stands.
struct ScriptObject {
    let fields: [String: Any]
    let place: String

    init(_ fields: [String: Any], _ place: String) {
        self.fields = fields
        self.place = place
    }

    /// The whole of a script's document.
    ///
    /// - Throws: ``ScriptFault`` for anything but an object of that format.
    init(document bytes: [UInt8], format: String) throws {
        let any: Any
        do {
            any = try JSONSerialization.jsonObject(with: Data(bytes))
        } catch {
            throw ScriptFault(place: "document", problem: "is no JSON")
        }
        self.init(try Self.fields(of: any, "document"), "")
        guard try text("format") == format else {
            throw ScriptFault(place: "format", problem: "is not \(format)")
        }
    }

    /// What ``init(document:format:)`` reads.
    static func document(
        _ format: String, setting: [String: Any], steps: [[String: Any]]
    ) throws -> String {
        let data = try JSONSerialization.data(
            withJSONObject: ["format": format, "setting": setting, "steps": steps],
            options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self)
    }

    static func fields(of any: Any, _ place: String) throws -> [String: Any] {
        guard let fields = any as? [String: Any] else {
            throw ScriptFault(place: place, problem: "is no object")
        }
        return fields
    }

    private func name(_ field: String) -> String { place.isEmpty ? field : "\(place).\(field)" }

    func has(_ field: String) -> Bool { fields[field] != nil }

    func text(_ field: String, default standard: String? = nil) throws -> String {
        guard let value = fields[field] as? String ?? (has(field) ? nil : standard) else {
            throw ScriptFault(place: name(field), problem: "is no text")
        }
        return value
    }

    /// Integers beyond 2^53 stand as text.
    func number(_ field: String, default standard: UInt64? = nil) throws -> UInt64 {
        if let text = fields[field] as? String, let value = UInt64(text) { return value }
        if let number = fields[field] as? NSNumber, let value = UInt64(number.stringValue) {
            return value
        }
        guard !has(field), let standard else {
            throw ScriptFault(place: name(field), problem: "is no integer from 0")
        }
        return standard
    }

    func integer(_ field: String) throws -> Int {
        guard let value = fields[field] as? NSNumber, let number = Int(value.stringValue) else {
            throw ScriptFault(place: name(field), problem: "is no integer")
        }
        return number
    }

    func flag(_ field: String) throws -> Bool {
        guard has(field) else { return false }
        guard let value = fields[field] as? Bool else {
            throw ScriptFault(place: name(field), problem: "is not true or false")
        }
        return value
    }

    func object(_ field: String) throws -> ScriptObject {
        guard let value = fields[field] else {
            throw ScriptFault(place: name(field), problem: "is missing")
        }
        return ScriptObject(try Self.fields(of: value, name(field)), name(field))
    }

    func objects(_ field: String) throws -> [ScriptObject] {
        guard let list = (fields[field] ?? [Any]()) as? [Any] else {
            throw ScriptFault(place: name(field), problem: "is no list")
        }
        return try list.enumerated().map { index, value in
            let place = "\(name(field))[\(index)]"
            return ScriptObject(try Self.fields(of: value, place), place)
        }
    }

    func texts(_ field: String) throws -> [String] {
        guard let list = fields[field] as? [String] else {
            throw ScriptFault(place: name(field), problem: "is no list of texts")
        }
        return list
    }

    func hex(_ field: String) throws -> [UInt8] {
        guard let bytes = Hex.decode(try text(field)) else {
            throw ScriptFault(place: name(field), problem: "is no hex")
        }
        return bytes
    }

    /// Integers as JSON numbers where every reader takes them.
    static func number(_ value: UInt64) -> Any {
        value < 1 << 53 ? NSNumber(value: value) : String(value) as Any
    }
}
