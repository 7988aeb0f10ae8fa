/// What the JSON form knows of a message, read from ``JSONFormTable``.
struct MessageSchema {
    var name: String
    var fields: [FieldSchema] = []

    func field(named name: String) -> FieldSchema? { fields.first { $0.name == name } }
    func field(number: Int) -> FieldSchema? { fields.first { $0.number == number } }
}

struct FieldSchema {
    enum Kind: Equatable {
        case bool
        case uint32, uint64, int32, int64, sint32, sint64
        /// A uint64 in milliseconds since 1970-01-01 UTC.
        case moment
        /// A uint64 in milliseconds.
        case duration
        case string
        case bytes(BytesForm)
        case message(String)
        case enumeration(String)
    }

    var number: Int
    var name: String
    var kind: Kind
    var isRepeated: Bool
    /// Of fields with one such name, at most one is set.
    var oneof: String?
}

struct EnumSchema {
    var names: [(name: String, number: Int)] = []
}

/// All messages and enums of Protos/, by name.
struct JSONFormSchemas {
    private(set) var messages: [String: MessageSchema] = [:]
    private(set) var enums: [String: EnumSchema] = [:]

    static let shared = JSONFormSchemas(table: JSONFormTable.text)

    /// The last part of a full name such as "koinon.v1.Transfer" is looked up.
    func message(fullName: String) -> MessageSchema? {
        let name = fullName.utf8.lastIndex(of: UInt8(ascii: ".")).map {
            fullName[fullName.utf8.index(after: $0)...]
        }
        return messages[name.map(String.init) ?? fullName]
    }

    init(table: String) {
        let lines = table.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        let enumNames = Set(lines.filter { $0[0] == "enum" }.map { $0[1] })
        var message: MessageSchema?
        var enumName: String?
        for words in lines {
            switch words[0] {
            case "message":
                message = MessageSchema(name: words[1])
                messages[words[1]] = message
                enumName = nil
            case "enum":
                enumName = words[1]
                enums[words[1]] = EnumSchema()
                message = nil
            default:
                if let enumName {
                    enums[enumName]?.names.append((words[1], Int(words[0]) ?? 0))
                } else if let message {
                    messages[message.name]?.fields.append(
                        FieldSchema(words, enumNames: enumNames))
                }
            }
        }
    }
}

extension FieldSchema {
    /// From a line of the table: number, name, type, and "repeated" or "oneof NAME".
    init(_ words: [String], enumNames: Set<String>) {
        number = Int(words[0]) ?? 0
        name = words[1]
        isRepeated = words.contains("repeated")
        oneof = words.firstIndex(of: "oneof").map { words[$0 + 1] }
        kind =
            switch words[2] {
            case "bool": .bool
            case "uint32": .uint32
            case "uint64":
                if Self.durationNames.contains(name) {
                    .duration
                } else if name.hasSuffix("_ms") {
                    .moment
                } else {
                    .uint64
                }
            case "int32": .int32
            case "int64": .int64
            case "sint32": .sint32
            case "sint64": .sint64
            case "string": .string
            case "bytes": .bytes(BytesForm(fieldName: name) ?? .hex(count: nil))
            case let type: enumNames.contains(type) ? .enumeration(type) : .message(type)
            }
    }

    /// Every other uint64 field that ends in "_ms" is a moment.
    static let durationNames: Set<String> = [
        "agreement_duration_maximum_ms", "booking_horizon_ms", "delay_ms", "dispute_appeal_ms",
        "dispute_decision_ms", "dispute_evidence_ms", "duration_maximum_ms",
        "duration_minimum_ms", "duration_ms", "frozen_ms", "recovery_delay_minimum_ms",
        "recovery_delay_ms", "review_open_window_ms", "review_seal_window_ms",
        "step_ms", "voting_period_ms",
    ]
}

/// How a bytes field is written as text.
enum BytesForm: Equatable {
    case account, resource, offer, agreement, proposal, request, flag
    /// Exactly so many bytes, or any number.
    case hex(count: Int?)

    /// Nil for a name that nobody has decided on; a test finds it.
    init?(fieldName: String) {
        switch fieldName {
        case "account", "appellant", "arbiter", "arbiters", "by", "customer", "from", "holder",
            "issuer", "opener", "owner", "parties", "provider", "recovery_account", "reporter",
            "reviewer", "sender", "to":
            self = .account
        case "resource": self = .resource
        // An answer that is taken is an offer from then on.
        case "answer", "offer": self = .offer
        case "request": self = .request
        case "agreement", "part": self = .agreement
        case "proposal": self = .proposal
        case "flag": self = .flag
        case "account_key", "ancestor", "answer_hash", "block_hash", "chain", "description_hash",
            "evidence_hash", "node_key", "parent_hash", "path", "public_key", "retired_key",
            "review_hash", "salt", "statement_hash", "text_hash":
            self = .hex(count: 32)
        case "signature": self = .hex(count: 64)
        // A timer's subject is an id of the module that set it, of whichever kind.
        case "body", "header", "headers", "ids", "subject": self = .hex(count: nil)
        default: return nil
        }
    }
}
