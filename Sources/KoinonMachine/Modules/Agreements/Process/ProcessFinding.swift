/// What a process must be like before an alliance may adopt it.
///
/// The rules make sure that agreements end: every state is left by a timer if
/// nobody acts, no timer can fail, and what is held always has a receiver.
public enum ProcessRule: String, CaseIterable, Sendable {
    case idIsSlug
    case titleIsShortText
    case countsAreBounded
    case namesAreIdentifiers
    case namesAreUnique
    case namesAreNotGiven
    case valuesAreKnown
    case termBoundsHoldDefault
    case roleSourcesDiffer
    case openerExists
    case opens
    case statesExist
    case rolesExist
    case openerOpens
    case takenByRolesOrTimer
    case stateIsReachable
    case stateHasWayToEnd
    case stateHasTimer
    case timersAreNoCircle
    case finalStatesStay
    case finalStatesAreFree
    case remainderHasReceiver
    case remainderOnlyAtEnd
    case expressionsAreReadable
    case timersUseFixedValues
    case timersAreUnguarded
    case timersTakeNothingNew
    case collectsFromWhoActs
    case effectsSaySomething
    case guardsNameReason
    case occupancyStandsAlone
    case ownershipMovesAtEnd
    case ownershipHasOtherwise
    case resaleNamesOpenStates
    case partsAreOfPromises
    case disputeStatesAreOpen
    case disputeHasTwoSides
    case disputeEndsIt
    case disputeOnlyPays
    case disputeMovesTheWhole

    /// What to do about it, in one sentence.
    public var remedy: String {
        switch self {
        case .idIsSlug:
            "name the process with 1 to 32 of a-z, 0-9, -, . and _, a letter or digit first"
        case .titleIsShortText: "write a title of 1 to 64 bytes without control characters"
        case .countsAreBounded: "stay within \(ProcessLimits.summary)"
        case .namesAreIdentifiers:
            "use 1 to 32 of a-z, 0-9 and _, a letter first"
        case .namesAreUnique: "give every role, state, term and definition a name of its own"
        case .namesAreNotGiven: "choose a name that is no given variable and no function"
        case .valuesAreKnown: "use one of the documented values"
        case .termBoundsHoldDefault: "make minimum <= default_value <= maximum"
        case .roleSourcesDiffer: "declare one role for each source"
        case .openerExists: "declare a role whose source is the opener"
        case .opens: "add a transition whose from is empty"
        case .statesExist: "name a declared state"
        case .rolesExist: "name a declared role"
        case .openerOpens: "let the opener's role, alone, take transitions that open an agreement"
        case .takenByRolesOrTimer: "name the roles that take it, or a timer, not both"
        case .stateIsReachable: "add a transition that leads to it, or remove the state"
        case .stateHasWayToEnd: "add transitions that lead from it to a final state"
        case .stateHasTimer: "add a transition out of it that a timer takes"
        case .timersAreNoCircle: "let timers alone lead to a final state, never round in a circle"
        case .finalStatesStay: "remove the transition out of the final state"
        case .finalStatesAreFree: "a final state neither promises nor uses the resource"
        case .remainderHasReceiver:
            "name in remainder_to the role that receives what is still held"
        case .remainderOnlyAtEnd:
            "leave remainder_to empty unless the transition ends in a final state"
        case .expressionsAreReadable: "write it by the grammar in docs/formats/process.md"
        case .timersUseFixedValues:
            "reckon timers from terms and values that stay the same while the state lasts"
        case .timersAreUnguarded: "remove the guards; a timer must be able to leave the state"
        case .timersTakeNothingNew: "a timer may not promise or begin to use the resource"
        case .collectsFromWhoActs:
            "collect only from the one role that takes the transition"
        case .effectsSaySomething: "say what the effect does"
        case .guardsNameReason: "name the reason in otherwise: 1 to 32 of a-z, 0-9 and _"
        case .occupancyStandsAlone:
            "enter and leave exclusive and counted states from and to states without occupancy"
        case .ownershipMovesAtEnd:
            "move ownership once, by a transition from an exclusive state to a final one"
        case .ownershipHasOtherwise:
            "name a final state and a role for when the thing cannot be sold"
        case .resaleNamesOpenStates:
            "name states, each once, that are not final and in which agreements may be sold on"
        case .partsAreOfPromises:
            "let parts be sold only in states that promise or use the resource"
        case .disputeStatesAreOpen:
            "name one or more states that are not final, each once"
        case .disputeHasTwoSides: "name the two roles between which it may be disputed"
        case .disputeEndsIt:
            "name a final state, and the role that receives what is left of the money"
        case .disputeOnlyPays:
            "only pay, move custody and record what is settled when nobody decides"
        case .disputeMovesTheWhole:
            "let decisions move ownership only if every disputed state has the whole resource"
        }
    }
}

/// One thing that is wrong with a process.
public struct ProcessFinding: Equatable, Sendable, CustomStringConvertible {
    public var rule: ProcessRule
    /// The place in the definition, for instance "transitions[3].guards[0].condition".
    public var place: String
    /// More about it, "" when the rule says all.
    public var detail: String

    public init(_ rule: ProcessRule, at place: String, detail: String = "") {
        self.rule = rule
        self.place = place
        self.detail = detail
    }

    public var description: String {
        "\(place): \(detail.isEmpty ? rule.rawValue : detail); \(rule.remedy)"
    }
}

/// How large a process may be.
public enum ProcessLimits {
    public static let roles = 8
    public static let terms = 32
    public static let definitions = 32
    public static let states = 32
    public static let transitions = 64
    public static let guardsPerTransition = 8
    public static let effectsPerTransition = 16

    static let summary = """
        \(roles) roles, \(terms) terms, \(definitions) definitions, \(states) states, \
        \(transitions) transitions, and \(guardsPerTransition) guards and \
        \(effectsPerTransition) effects a transition
        """
}
