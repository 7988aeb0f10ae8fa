import KoinonLedger

@testable import KoinonProtocol

/// Splits the encoding of a message into its fields by the wire format's own rules,
/// independent of the generated code that wrote it.
struct ProtobufAnnotator {
    private let bytes: [UInt8]
    private var position = 0

    static func rows(of bytes: [UInt8], as message: String) -> [FormatVector.Row] {
        var annotator = ProtobufAnnotator(bytes: bytes)
        return annotator.rows(of: message, until: bytes.count, prefix: "")
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func rows(
        of message: String, until end: Int, prefix: String
    ) -> [FormatVector.Row] {
        guard let schema = JSONFormSchemas.shared.messages[message] else {
            preconditionFailure("\(message) is in Protos/")
        }
        var rows: [FormatVector.Row] = []
        var counts: [Int: Int] = [:]
        while position < end {
            let start = position
            let key = varint()
            guard let field = schema.field(number: Int(key >> 3)) else {
                preconditionFailure("\(message) has no field \(key >> 3)")
            }
            var name = prefix + field.name
            if field.isRepeated {
                name += "[\(counts[field.number, default: 0])]"
                counts[field.number, default: 0] += 1
            }
            if key & 7 == 0 {
                let number = varint()
                rows.append(.init(name, Array(bytes[start..<position]), "\(number)"))
                continue
            }
            let count = Int(varint())
            let head = Array(bytes[start..<position])
            if case .message(let inner) = field.kind {
                rows.append(.init(name, head, "\(inner), \(count) bytes"))
                rows += self.rows(of: inner, until: position + count, prefix: name + ".")
            } else {
                let content = Array(bytes[position..<position + count])
                position += count
                rows.append(
                    .init(
                        bytes: Hex.encode(head) + " " + Hex.encode(content), field: name,
                        value: Self.value(content, field.kind)))
            }
        }
        return rows
    }

    private static func value(_ content: [UInt8], _ kind: FieldSchema.Kind) -> String {
        switch kind {
        case .string: "\"\(String(decoding: content, as: UTF8.self))\""
        case .bytes(.hex): "\(content.count) bytes"
        case .bytes(let form): form.text(of: content)
        default: ""
        }
    }

    private mutating func varint() -> UInt64 {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = bytes[position]
            position += 1
            result |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return result }
            shift += 7
        }
    }
}
