import Testing

@testable import KoinonProtocol

@Suite("Rules that every format keeps")
struct FormatRulesTests {
    private let protos = ProtoFiles.all

    @Test("the files were understood as a whole")
    func understood() {
        #expect(protos.unread == [])
        #expect(protos.messages.count > 90 && protos.fields.count > 300)
    }

    @Test("no message has a map or a floating-point field")
    func noMapsNoFloats() {
        let banned = protos.fields.filter {
            $0.type.hasPrefix("map") || $0.type == "float" || $0.type == "double"
        }
        #expect(banned == [])
    }

    @Test("every type is one that the JSON form knows")
    func knownTypes() {
        let enums = Set(protos.enumValues.map { String($0.prefix { $0 != " " }) })
        let known: Set = [
            "bool", "uint32", "uint64", "int32", "int64", "sint32", "sint64", "string", "bytes",
        ]
        let others = Set(protos.fields.map(\.type))
            .subtracting(known).subtracting(enums).subtracting(protos.messages)
        #expect(others == [])
    }

    @Test("the table of the JSON form says what Protos/ says")
    func tableIsCurrent() {
        let schemas = JSONFormSchemas.shared
        let remedy: Comment = "run scripts/generate-protos.sh"
        #expect(protos.messages.symmetricDifference(schemas.messages.keys) == [], remedy)
        let table = JSONFormTable.text.split(separator: "\n").map { $0.split(separator: " ") }
        var message = ""
        var inTable: [ProtoFiles.Field] = []
        for words in table {
            if words[0] == "message" || words[0] == "enum" {
                message = words[0] == "message" ? String(words[1]) : ""
            } else if !message.isEmpty,
                let field = schemas.messages[message]?
                    .field(named: String(words[1]))
            {
                inTable.append(
                    ProtoFiles.Field(
                        message: message, number: field.number, name: field.name,
                        type: String(words[2]), isRepeated: field.isRepeated, oneof: field.oneof))
            }
        }
        #expect(Set(inTable).symmetricDifference(protos.fields) == [], remedy)
        #expect(inTable.count == protos.fields.count, remedy)
        let enumValues = schemas.enums.flatMap { name, schema in
            schema.names.map { "\(name) \($0.name) \($0.number)" }
        }
        #expect(protos.enumValues.symmetricDifference(enumValues) == [], remedy)
    }

    @Test("every bytes field has a decided text form")
    func bytesFormsDecided() {
        let undecided = protos.fields.filter {
            $0.type == "bytes" && BytesForm(fieldName: $0.name) == nil
        }
        #expect(undecided == [])
    }

    @Test("every field in milliseconds is known as a moment or as a duration")
    func timesDecided() {
        // A new field belongs in one of the two lists; the wrong one would accept "30min"
        // as a moment, or a date as a duration.
        let moments: Set = [
            "added_at_ms", "admitted_at_ms", "answered_at_ms", "available_from_ms",
            "available_until_ms", "awaited_from_ms", "awaited_until_ms", "clock_ms",
            "closed_at_ms", "closes_at_ms", "decided_at_ms",
            "due_ms", "end_ms", "entered_at_ms", "expires_at_ms", "from_ms", "last_clock_ms",
            "opened_at_ms", "proposed_at_ms", "published_at_ms", "raised_at_ms",
            "registered_at_ms", "reported_at_ms", "retired_at_ms", "revoked_at_ms",
            "settled_at_ms", "since_ms", "start_ms", "submitted_at_ms", "time_ms", "until_ms",
            "used_from_ms", "used_until_ms", "vouched_at_ms",
        ]
        let times = Set(
            protos.fields.filter { $0.type == "uint64" && $0.name.hasSuffix("_ms") }.map(\.name))
        #expect(times == moments.union(FieldSchema.durationNames))
        #expect(moments.isDisjoint(with: FieldSchema.durationNames))
    }
}
