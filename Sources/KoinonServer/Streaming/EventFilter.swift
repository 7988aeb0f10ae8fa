import KoinonNode
import KoinonProtocol

/// Which events a reader wants: all that every given condition allows.
package struct EventFilter: Sendable {
    package var modules: Set<Substring> = []
    /// Ids in quotes, as they stand in the JSON of an event that names them.
    package var mentioned: [String] = []

    /// Takes everything.
    init() {}

    /// - Throws: ``Problem`` for an id that is none.
    package init(_ query: Query) throws {
        modules = Set((query.text("module") ?? "").split(separator: ",").map { Substring($0) })
        try add(query, "account", AccountID.self)
        try add(query, "resource", ResourceID.self)
        try add(query, "agreement", AgreementID.self)
    }

    private mutating func add<Kind>(
        _ query: Query, _ name: String, _ type: Identifier<Kind>.Type
    ) throws {
        guard let text = query.text(name) else { return }
        guard let id = Identifier<Kind>(text: text) else {
            throw Problem.badField(
                name, "\"\(text.prefix(80))\" is no id of its kind",
                remedy: "they begin with \(Kind.textPrefix)1")
        }
        mentioned.append("\"\(id.text)\"")
    }

    func takes(_ line: EventLine) -> Bool {
        (modules.isEmpty || modules.contains(line.module))
            && mentioned.allSatisfy { line.text.contains($0) }
    }
}
