import Foundation
import SwiftProtobuf

/// Walks a message and collects its JSON tree; fields come in ascending number.
struct JSONFormWriter: Visitor {
    let schemas: JSONFormSchemas
    private let schema: MessageSchema
    private var members: [JSONTree.Member] = []
    /// The repeated field whose values are arriving, one at a time.
    private var list: (name: String, elements: [JSONTree])?

    /// Every message of Protos/ is in the table, so a foreign one is a mistake in the program.
    static func tree(
        of message: some SwiftProtobuf.Message, schemas: JSONFormSchemas
    ) -> JSONTree {
        let name = type(of: message).protoMessageName
        guard let schema = schemas.message(fullName: name) else {
            preconditionFailure("\(name) is not in the table of the JSON form")
        }
        var writer = JSONFormWriter(schemas: schemas, schema: schema)
        do {
            try message.traverse(visitor: &writer)
        } catch {
            preconditionFailure("nothing here throws: \(error)")
        }
        writer.closeList()
        return .object(writer.members)
    }

    private init(schemas: JSONFormSchemas, schema: MessageSchema) {
        self.schemas = schemas
        self.schema = schema
    }

    private mutating func add(_ fieldNumber: Int, _ value: (FieldSchema) -> JSONTree) {
        guard let field = schema.field(number: fieldNumber) else {
            preconditionFailure("\(schema.name) has no field \(fieldNumber) in the table")
        }
        let tree = value(field)
        if field.name != list?.name { closeList() }
        if field.isRepeated {
            list = list ?? (field.name, [])
            list?.elements.append(tree)
        } else {
            members.append(JSONTree.Member(name: field.name, value: tree))
        }
    }

    private mutating func closeList() {
        guard let (name, elements) = list else { return }
        members.append(JSONTree.Member(name: name, value: .array(elements)))
        list = nil
    }

    mutating func visitSingularUInt64Field(value: UInt64, fieldNumber: Int) {
        // Programs that read numbers as doubles keep integers up to here.
        add(fieldNumber) { _ in
            value <= 1 << 53 ? .number(String(value)) : .string(String(value))
        }
    }

    mutating func visitSingularInt64Field(value: Int64, fieldNumber: Int) {
        add(fieldNumber) { _ in
            value.magnitude <= 1 << 53 ? .number(String(value)) : .string(String(value))
        }
    }

    mutating func visitSingularBoolField(value: Bool, fieldNumber: Int) {
        add(fieldNumber) { _ in .bool(value) }
    }

    mutating func visitSingularStringField(value: String, fieldNumber: Int) {
        add(fieldNumber) { _ in .string(value) }
    }

    mutating func visitSingularBytesField(value: Data, fieldNumber: Int) {
        add(fieldNumber) { field in
            guard case .bytes(let form) = field.kind else {
                preconditionFailure("the table says that \(field.name) is no bytes field")
            }
            return .string(form.text(of: Array(value)))
        }
    }

    mutating func visitSingularEnumField<E: SwiftProtobuf.Enum>(value: E, fieldNumber: Int) {
        let schemas = schemas
        add(fieldNumber) { field in
            guard case .enumeration(let name) = field.kind,
                let known = schemas.enums[name]?.names.first(where: { $0.number == value.rawValue })
            else { return .number(String(value.rawValue)) }
            return .string(known.name)
        }
    }

    mutating func visitSingularMessageField<M: SwiftProtobuf.Message>(value: M, fieldNumber: Int) {
        let schemas = schemas
        add(fieldNumber) { _ in Self.tree(of: value, schemas: schemas) }
    }

    // The protocol demands the rest; no message of ours has floats, maps or unknown fields.
    mutating func visitSingularDoubleField(value: Double, fieldNumber: Int) {}
    mutating func visitUnknown(bytes: Data) {}
    mutating func visitMapField<KeyType, ValueType: MapValueType>(
        fieldType: _ProtobufMap<KeyType, ValueType>.Type,
        value: _ProtobufMap<KeyType, ValueType>.BaseType, fieldNumber: Int
    ) {}
    mutating func visitMapField<KeyType, ValueType>(
        fieldType: _ProtobufEnumMap<KeyType, ValueType>.Type,
        value: _ProtobufEnumMap<KeyType, ValueType>.BaseType, fieldNumber: Int
    ) where ValueType.RawValue == Int {}
    mutating func visitMapField<KeyType, ValueType>(
        fieldType: _ProtobufMessageMap<KeyType, ValueType>.Type,
        value: _ProtobufMessageMap<KeyType, ValueType>.BaseType, fieldNumber: Int
    ) {}
}
