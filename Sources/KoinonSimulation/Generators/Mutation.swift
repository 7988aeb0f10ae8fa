import Foundation
import KoinonProtocol

/// Changes one field of an action to something less fitting: a number to an edge, an id to
/// one of another length, a text to nothing. By the wire form, so that it knows no module
/// and leaves none out.
struct Mutation {
    private struct Field {
        var tag: UInt64
        var content: Content
    }

    private enum Content {
        case number(UInt64)
        case bytes([UInt8])
        case message([Field])
    }

    /// The changed action, or the same when no change of it can be read.
    static func of(_ action: Action, _ random: inout SplitMix64) -> Action {
        for _ in 0..<4 {
            guard var fields = fields(in: action.encoded[...], &random) else { break }
            change(&fields, &random)
            if let changed = try? Action(strict: encode(fields)) { return changed }
        }
        return action
    }

    private static func change(_ fields: inout [Field], _ random: inout SplitMix64) {
        guard !fields.isEmpty else { return }
        let index = random.below(fields.count)
        switch fields[index].content {
        case .number(let value):
            fields[index].content = .number(number(beside: value, &random))
        case .bytes(let bytes): fields[index].content = .bytes(other(than: bytes, &random))
        case .message(var inner):
            if inner.isEmpty || random.oneIn(12) {
                fields.remove(at: index)
            } else {
                change(&inner, &random)
                fields[index].content = .message(inner)
            }
        }
    }

    private static func number(beside value: UInt64, _ random: inout SplitMix64) -> UInt64 {
        random.pick(
            0, 1, value &+ 1, value &- 1, UInt64(UInt32.max), UInt64(Int64.max),
            UInt64(Int64.max) + 1, UInt64.max, value << 32)
    }

    private static func other(than bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        switch random.below(6) {
        case 0: return []
        case 1: return bytes + [0x20]
        case 2: return Array(bytes.dropLast())
        case 3: return Array(repeating: 0x61, count: 200)
        case 4: return Array(bytes.reversed())
        default:
            if !bytes.isEmpty { bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(7)) }
            return bytes
        }
    }

    /// The fields of a message; nil when the bytes are none. What may be a message or
    /// bytes is taken for a message when it can be read as one, nearly always.
    private static func fields(
        in bytes: ArraySlice<UInt8>, _ random: inout SplitMix64
    ) -> [Field]? {
        var rest = bytes
        var fields: [Field] = []
        while !rest.isEmpty {
            guard let tag = varint(from: &rest), tag >> 3 > 0 else { return nil }
            switch tag & 7 {
            case 0:
                guard let value = varint(from: &rest) else { return nil }
                fields.append(Field(tag: tag, content: .number(value)))
            case 2:
                guard let count = varint(from: &rest), count <= UInt64(rest.count) else {
                    return nil
                }
                let inner = rest.prefix(Int(count))
                rest = rest.dropFirst(Int(count))
                if !random.oneIn(20), !inner.isEmpty, let message = Self.fields(in: inner, &random)
                {
                    fields.append(Field(tag: tag, content: .message(message)))
                } else {
                    fields.append(Field(tag: tag, content: .bytes(Array(inner))))
                }
            default: return nil
            }
        }
        return fields
    }

    private static func varint(from bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }

    private static func encode(_ fields: [Field]) -> [UInt8] {
        fields.flatMap { field in
            switch field.content {
            case .number(let value): varint(field.tag) + varint(value)
            case .bytes(let bytes): varint(field.tag) + varint(UInt64(bytes.count)) + bytes
            case .message(let inner):
                varint(field.tag) + varint(UInt64(encode(inner).count)) + encode(inner)
            }
        }
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
