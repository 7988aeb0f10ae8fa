/// Turns a parsed JSON text into the protobuf bytes of a message, by its schema.
///
/// Going through the wire format means that one decoder, the generated one, fills
/// the messages, and that nothing here depends on their Swift types.
struct JSONFormReader {
    let schemas: JSONFormSchemas

    func bytes(
        of tree: JSONTree, as schema: MessageSchema, at path: JSONPath
    ) throws(JSONFormFault) -> [UInt8] {
        guard case .object(let members) = tree else {
            throw path.fault("is \(tree.kindName)", "write the \(schema.name) as {…}")
        }
        var wire = WireWriter()
        var taken: [String: String] = [:]
        for member in members {
            let place = path.member(member.name)
            guard let field = schema.field(named: member.name) else {
                throw place.fault("is not known in \(schema.name)", known(schema, member.name))
            }
            // As in proto3's own mapping: null is the same as leaving out.
            if member.value == .null { continue }
            if let group = field.oneof, let other = taken.updateValue(field.name, forKey: group) {
                throw place.fault("stands beside \"\(other)\"", "give only one of the two")
            }
            try write(member.value, of: field, into: &wire, at: place)
        }
        return wire.bytes
    }

    private func known(_ schema: MessageSchema, _ name: String) -> String {
        guard !schema.fields.isEmpty else { return "it has no fields: write {}" }
        let names = schema.fields.map(\.name)
        let nearest = NearestNames.of(name, among: names)
        return nearest.isEmpty
            ? "known are \(names.joined(separator: ", "))"
            : "did you mean \(nearest.joined(separator: " or "))?"
    }

    private func write(
        _ value: JSONTree, of field: FieldSchema, into wire: inout WireWriter, at path: JSONPath
    ) throws(JSONFormFault) {
        guard field.isRepeated else {
            return try writeOne(value, of: field, into: &wire, at: path)
        }
        guard case .array(let elements) = value else {
            throw path.fault("is \(value.kindName)", "give a list: […]")
        }
        for (index, element) in elements.enumerated() {
            try writeOne(element, of: field, into: &wire, at: path.element(index))
        }
    }

    private func writeOne(
        _ value: JSONTree, of field: FieldSchema, into wire: inout WireWriter, at path: JSONPath
    ) throws(JSONFormFault) {
        let number = field.number
        switch field.kind {
        case .message(let name):
            guard let schema = schemas.messages[name] else {
                throw path.fault("has no JSON form", "leave it out")
            }
            wire.append(try bytes(of: value, as: schema, at: path), field: number)
        case .bytes(let form):
            guard case .string(let text) = value else {
                throw path.fault("is \(value.kindName)", "give a text")
            }
            wire.append(try form.bytes(of: text, at: path), field: number)
        case .string:
            guard case .string(let text) = value else {
                throw path.fault("is \(value.kindName)", "give a text in quotation marks")
            }
            wire.append(Array(text.utf8), field: number)
        case .bool:
            guard case .bool(let flag) = value else {
                throw path.fault("is \(value.kindName)", "give true or false")
            }
            wire.append(flag ? 1 : 0, field: number)
        case .enumeration(let name):
            wire.append(try enumNumber(value, of: name, at: path), field: number)
        case .moment, .duration:
            wire.append(try time(value, of: field, at: path), field: number)
        case .uint32: wire.append(UInt64(try integer(value, UInt32.self, path)), field: number)
        case .uint64: wire.append(try integer(value, UInt64.self, path), field: number)
        case .int32:
            let signed = Int64(try integer(value, Int32.self, path))
            wire.append(UInt64(bitPattern: signed), field: number)
        case .int64:
            let signed = try integer(value, Int64.self, path)
            wire.append(UInt64(bitPattern: signed), field: number)
        case .sint32:
            wire.appendZigZag(Int64(try integer(value, Int32.self, path)), field: number)
        case .sint64:
            wire.appendZigZag(try integer(value, Int64.self, path), field: number)
        }
    }

    /// From a JSON number or a text of digits; never through floating point.
    private func integer<Integer: FixedWidthInteger>(
        _ value: JSONTree, _ type: Integer.Type, _ path: JSONPath
    ) throws(JSONFormFault) -> Integer {
        let text: String
        switch value {
        case .number(let digits): text = digits
        case .string(let digits): text = digits
        default: throw path.fault("is \(value.kindName)", "give a whole number")
        }
        guard let number = Integer(text), !text.hasPrefix("+") else {
            throw path.fault(
                "is \(JSONText.short(text))",
                "give a whole number from \(Integer.min) to \(Integer.max), without exponent")
        }
        return number
    }

    private func time(
        _ value: JSONTree, of field: FieldSchema, at path: JSONPath
    ) throws(JSONFormFault) -> UInt64 {
        if case .string(let text) = value, UInt64(text) == nil {
            if field.kind == .duration {
                if let milliseconds = DurationText.milliseconds(text) { return milliseconds }
                throw path.fault(
                    "is \"\(JSONText.short(text))\"",
                    "give milliseconds, or a whole number of ms, s, min, h, d or w, "
                        + "for instance \"30min\"")
            }
            if let moment = Timestamp(iso8601: text) { return moment.milliseconds }
            throw path.fault(
                "is \"\(JSONText.short(text))\"",
                "give milliseconds since 1970, or a time with its zone, "
                    + "for instance \"2018-01-01T22:19:00Z\"")
        }
        return try integer(value, UInt64.self, path)
    }

    private func enumNumber(
        _ value: JSONTree, of name: String, at path: JSONPath
    ) throws(JSONFormFault) -> UInt64 {
        let names = schemas.enums[name]?.names ?? []
        if case .string(let text) = value, let found = names.first(where: { $0.name == text }) {
            return UInt64(found.number)
        }
        let given =
            if case .string(let text) = value { JSONText.short(text) } else { value.kindName }
        throw path.fault("is \(given)", "give one of \(names.map(\.name).joined(separator: ", "))")
    }
}

/// Protobuf's wire format, as far as messages without floats and maps need it.
private struct WireWriter {
    var bytes: [UInt8] = []

    mutating func append(_ value: UInt64, field: Int) {
        varint(UInt64(field) << 3)
        varint(value)
    }

    mutating func appendZigZag(_ value: Int64, field: Int) {
        append(UInt64(bitPattern: value << 1 ^ value >> 63), field: field)
    }

    mutating func append(_ content: [UInt8], field: Int) {
        varint(UInt64(field) << 3 | 2)
        varint(UInt64(content.count))
        bytes += content
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
