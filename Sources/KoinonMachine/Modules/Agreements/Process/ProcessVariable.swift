/// The variables that every process may use; the set is closed.
///
/// Times are Unix milliseconds, money is in the smallest part of the offer's unit.
/// The meanings stand in docs/formats/process.md, where a test compares the list.
enum ProcessVariable: String, CaseIterable, Hashable, Sendable {
    case now
    case openedAt = "opened_at"
    case enteredAt = "entered_at"
    case start
    case end
    case duration
    case usedFrom = "used_from"
    case usedUntil = "used_until"
    case quantity
    case held
    case deposit
    case price
    case stepMilliseconds = "step_ms"
    case minimumSteps = "minimum_steps"
    case feeNumerator = "fee_numerator"
    case feeDenominator = "fee_denominator"
    case othersUsing = "others_using"
    case uses

    /// Whether the value stays the same from entering a state until leaving it. Only
    /// such values may set a timer, so that its due time can be told again when it
    /// is cancelled, and by anyone who reads the agreement.
    var isFixedWithinState: Bool {
        switch self {
        // Counting is only done by transitions, and each of them enters a state.
        case .now, .usedUntil, .held, .othersUsing: false
        default: true
        }
    }
}
