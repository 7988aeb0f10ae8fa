import KoinonMachine
import KoinonProtocol

/// The rules of agreements: roles, states, and the ways between them.
public struct ProcessView: Codable, Sendable, Equatable {
    public struct Role: Codable, Sendable, Equatable {
        public var name: String
        /// "provider", "opener" or "platform".
        public var source: String
    }
    public struct Term: Codable, Sendable, Equatable {
        public var name: String
        public var title: String
        public var defaultValue: Int64
        public var minimum: Int64
        public var maximum: Int64
    }
    public struct State: Codable, Sendable, Equatable {
        public var name: String
        public var title: String
        public var isFinal: Bool
        /// "none", "promised", "in_use", "exclusive" or "counted".
        public var occupancy: String
        /// A dispute may be opened in it.
        public var disputable: Bool
    }
    public struct Transition: Codable, Sendable, Equatable {
        public var name: String
        /// Absent: it opens the agreement.
        public var from: String?
        public var to: String
        /// Roles that may take it; none when a timer does.
        public var by: [String]
        /// "entered", "start" or "end": what the timer counts from.
        public var timerBase: String?
        /// Expression in milliseconds.
        public var timerOffset: String?
        /// What must hold; the machine's own words.
        public var guards: [String]
        public var effects: [Effect]
        /// Role that receives what remains held.
        public var remainderTo: String?
    }
    public struct Effect: Codable, Sendable, Equatable {
        /// "collect", "pay", "move_custody", "record_settled", "transfer_ownership" or
        /// "count_use".
        public var kind: String
        public var role: String?
        /// An expression: an amount, whether late, or how often.
        public var expression: String?
    }

    public var id: String
    public var title: String
    public var roles: [Role]
    public var terms: [Term]
    public var states: [State]
    /// In the process's order of preference.
    public var transitions: [Transition]
    /// Where every decision of a dispute leads.
    public var resolvedTo: String?
    public var resaleable: Bool
    /// A state diagram in the Mermaid language.
    public var mermaid: String
    public var stateKey: String

    /// Nil when no such process was adopted.
    public static func make(_ id: String, in reader: ViewReader) -> ProcessView? {
        reader.process(id).map { ProcessView($0) }
    }

    /// Ascending by name's length, then name.
    public static func list(
        after cursor: ListCursor?, limit: Int, in reader: ViewReader
    ) -> (rows: [ProcessView], next: ListCursor?) {
        ListCursor.page(Agreements.processes, after: cursor, limit: limit, in: reader) { _, row in
            ProcessView(row)
        }
    }

    init(_ row: ProcessDefinition) {
        id = row.id
        title = row.title
        roles = row.roles.map { Role(name: $0.name, source: $0.source.word) }
        terms = row.terms.map {
            Term(
                name: $0.name, title: $0.title, defaultValue: $0.defaultValue,
                minimum: $0.minimum, maximum: $0.maximum)
        }
        states = row.states.map { state in
            State(
                name: state.name, title: state.title, isFinal: state.final,
                occupancy: state.occupancy.word,
                disputable: row.hasDispute && row.dispute.states.contains(state.name))
        }
        transitions = row.transitions.map(Self.transition)
        resolvedTo = row.hasDispute ? row.dispute.resolvedTo : nil
        resaleable = row.hasResale
        mermaid = Self.diagram(row)
        stateKey = stateKeyText(Agreements.processes.stateKey(row.id))
    }

    private static func transition(_ one: TransitionDefinition) -> Transition {
        Transition(
            name: one.name, from: one.from.isEmpty ? nil : one.from, to: one.to, by: one.by,
            timerBase: one.hasTimer ? one.timer.base.word : nil,
            timerOffset: one.hasTimer ? one.timer.offsetMs : nil,
            guards: one.guards.map(\.condition), effects: one.effects.compactMap(effect),
            remainderTo: one.remainderTo.isEmpty ? nil : one.remainderTo)
    }

    private static func effect(_ one: KoinonProtocol.Effect) -> Effect? {
        switch one.effect {
        case .collect(let it): Effect(kind: "collect", role: it.from, expression: it.amount)
        case .pay(let it): Effect(kind: "pay", role: it.to, expression: it.amount)
        case .moveCustody(let it): Effect(kind: "move_custody", role: it.to)
        case .recordSettled(let it):
            Effect(kind: "record_settled", role: it.role, expression: it.late)
        case .transferOwnership(let it): Effect(kind: "transfer_ownership", role: it.to)
        case .countUse(let it): Effect(kind: "count_use", expression: it.times)
        case nil: nil
        }
    }

    /// States and ways; names are slugs, so nothing in them means anything to Mermaid.
    private static func diagram(_ row: ProcessDefinition) -> String {
        var lines = ["stateDiagram-v2"]
        for one in row.transitions {
            let from = one.from.isEmpty ? "[*]" : one.from
            let who = one.hasTimer ? "timer" : one.by.joined(separator: ", ")
            lines.append("  \(from) --> \(one.to): \(one.name) (\(who))")
        }
        if row.hasDispute {
            for state in row.dispute.states {
                lines.append("  \(state) --> \(row.dispute.resolvedTo): dispute")
            }
        }
        for state in row.states where state.final { lines.append("  \(state.name) --> [*]") }
        return lines.joined(separator: "\n")
    }
}

extension Occupancy {
    var word: String {
        switch self {
        case .none: "none"
        case .promised: "promised"
        case .inUse: "in_use"
        case .exclusive: "exclusive"
        case .counted: "counted"
        case .UNRECOGNIZED(let number): String(number)
        }
    }
}

extension TimerBase {
    var word: String {
        switch self {
        case .entered: "entered"
        case .start: "start"
        case .end: "end"
        case .UNRECOGNIZED(let number): String(number)
        }
    }
}
