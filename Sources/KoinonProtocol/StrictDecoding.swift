import Foundation
import SwiftProtobuf

/// Why bytes are not an acceptable message.
public enum MessageFault: Error, Equatable, CustomStringConvertible {
    case malformed
    case unknownFields(message: String)

    public var description: String {
        switch self {
        case .malformed: "the bytes are not a well-formed message"
        case .unknownFields(let message):
            "\(message) has a field that this version does not know; send only documented fields"
        }
    }
}

extension SwiftProtobuf.Message {
    /// Decodes and refuses unknown fields at any depth (docs/formats/signing.md).
    ///
    /// - Throws: ``MessageFault``
    public init(strict bytes: [UInt8]) throws(MessageFault) {
        do {
            var options = BinaryDecodingOptions()
            options.messageDepthLimit = 16
            self = try Self(serializedBytes: bytes, options: options)
        } catch {
            throw .malformed
        }
        var finder = UnknownFieldFinder()
        do {
            try traverse(visitor: &finder)
        } catch {
            throw .unknownFields(
                message: (error as? UnknownFieldFinder.Found)?.message ?? "a message")
        }
    }

    /// Protobuf bytes; fields ascending, defaults left out.
    public var encoded: [UInt8] {
        // Encoding fails only for missing proto2 fields, which proto3 has none of.
        do { return try serializedBytes() } catch {
            preconditionFailure("proto3 encodes: \(error)")
        }
    }
}

/// Walks a message tree and stops at the first unknown field.
private struct UnknownFieldFinder: Visitor {
    struct Found: Error { var message: String }
    var current = "the message"

    mutating func visitUnknown(bytes: Data) throws {
        if !bytes.isEmpty { throw Found(message: current) }
    }

    mutating func visitSingularMessageField<M: SwiftProtobuf.Message>(
        value: M, fieldNumber: Int
    ) throws {
        let outer = current
        current = M.protoMessageName
        try value.traverse(visitor: &self)
        current = outer
    }

    mutating func visitSingularDoubleField(value: Double, fieldNumber: Int) throws {}
    mutating func visitSingularInt64Field(value: Int64, fieldNumber: Int) throws {}
    mutating func visitSingularUInt64Field(value: UInt64, fieldNumber: Int) throws {}
    mutating func visitSingularBoolField(value: Bool, fieldNumber: Int) throws {}
    mutating func visitSingularStringField(value: String, fieldNumber: Int) throws {}
    mutating func visitSingularBytesField(value: Data, fieldNumber: Int) throws {}
    mutating func visitSingularEnumField<E: SwiftProtobuf.Enum>(value: E, fieldNumber: Int) throws {
    }
    mutating func visitMapField<KeyType, ValueType: MapValueType>(
        fieldType: _ProtobufMap<KeyType, ValueType>.Type,
        value: _ProtobufMap<KeyType, ValueType>.BaseType, fieldNumber: Int
    ) throws {}
    mutating func visitMapField<KeyType, ValueType>(
        fieldType: _ProtobufEnumMap<KeyType, ValueType>.Type,
        value: _ProtobufEnumMap<KeyType, ValueType>.BaseType, fieldNumber: Int
    ) throws where ValueType.RawValue == Int {}
    mutating func visitMapField<KeyType, ValueType>(
        fieldType: _ProtobufMessageMap<KeyType, ValueType>.Type,
        value: _ProtobufMessageMap<KeyType, ValueType>.BaseType, fieldNumber: Int
    ) throws {}
}
