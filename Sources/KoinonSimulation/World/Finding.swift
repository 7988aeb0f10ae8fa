/// Something that must not be.
public struct Finding: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of contradiction; a shorter script must show the same kind.
    public enum Kind: String, Sendable, CaseIterable {
        /// A module's own invariants do not hold.
        case invariant
        /// A header, receipt or list contradicts another part of its block.
        case block
        /// A second replica made something else of the same entries.
        case replica
        /// The outcome is not what the reference model expected.
        case outcome
        /// The state is not what the reference model holds.
        case state
        /// The store lost, tore or changed what it had acknowledged, or failed.
        case store
        /// What was opened again is not what was left.
        case reopening
        /// Nodes hold different blocks for final, or one without its quorum.
        case finality
        /// An honest member signed what it must not.
        case attestation
        /// A transaction was executed twice, or is gone.
        case once
        /// A block's time is not what the members' clocks make it.
        case time
        /// The base of a new epoch undoes what is final.
        case recovery
        /// What waits does not come to an end.
        case liveness
    }

    public var kind: Kind
    public var text: String
    /// Height of the block that showed it.
    public var height: UInt64

    public var description: String { "height \(height), \(kind.rawValue): \(text)" }
}
