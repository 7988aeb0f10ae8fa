import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonStore

/// What a simulation of several nodes attacks: the rules by which they live. Tests put a
/// faulty one in the place of a sound one, to see it found; the command knows only ``sound``.
public struct AllianceSubject: Sendable {
    public var modules = ModuleList.standard
    public var rules = AllianceRules.standard
    /// An entry as the replica is to take it.
    public var taken: @Sendable (CheckedEntry, ReplicaView) -> CheckedEntry = { entry, _ in entry }
    /// What a process that starts holds for its guard's content, by what the guard gives.
    public var guardAtStart: @Sendable (GuardRecord?, HostedMember) -> GuardRecord? = {
        record, _ in record
    }
    /// What a process that starts carries, of the attestations that no stored entry carried.
    public var uncarriedAtStart: @Sendable ([StoredAttestation]) -> [StoredAttestation] = { $0 }
    /// Where a process that starts goes on in the order, by what is stored.
    public var placeAtStart: @Sendable (OrderPosition?) -> OrderPosition? = { $0 }
    /// Whether a quorum of the members has marked them before entries are forgotten.
    public var marksTrimming = true
    /// How the base of a new epoch is found.
    public var baseRule: any BaseRule = MayBeFinalRule()

    public static let sound = AllianceSubject()

    public init() {}
}
