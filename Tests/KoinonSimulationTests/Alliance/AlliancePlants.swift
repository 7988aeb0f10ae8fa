import KoinonLedger
import KoinonNode
import KoinonProtocol
import Testing

@testable import KoinonMachine
@testable import KoinonSimulation

/// A wrong rule that the simulator has to find; it sits behind an interface, the rest is as
/// it ships.
struct AlliancePlant: Sendable, CustomTestStringConvertible {
    var name: String
    /// By which kinds of contradiction it may show.
    var kinds: Set<Finding.Kind>
    var subject: AllianceSubject
    /// One of them shows it by itself, where several things have to meet.
    var scripts: [AllianceScript] = []
    var testDescription: String { name }

    init(
        _ name: String, _ kinds: Set<Finding.Kind>, scripts: [AllianceScript] = [],
        _ change: (inout AllianceSubject) -> Void
    ) {
        self.scripts = scripts
        self.name = name
        self.kinds = kinds
        subject = .sound
        change(&subject)
    }

    /// Wrong where the engine hides entries from one node, which random lives have none of.
    static let ofLives: [AlliancePlant] = [
        AlliancePlant(
            "a node does not notice that it is shown another order", [.liveness],
            scripts: [AlliancePlantScripts.hiddenFromOne()]
        ) {
            $0.rules.showsOtherOrder = { _, _ in false }
        }
    ]

    static let all: [AlliancePlant] = [
        AlliancePlant("a quorum is one too small", [.finality]) {
            $0.rules.quorum = { max(1, $0.quorum - 1) }
        },
        // Counting alone shows nothing while nobody signs beyond such a block.
        AlliancePlant(
            "a quorum counts, and is signed, before the block that named its set is final",
            [.finality, .attestation]
        ) {
            $0.rules.countsBeyondChange = { _ in true }
            $0.rules.attestsBeyondChange = { _ in true }
        },
        AlliancePlant(
            "a member signs once a height instead of along one branch", [.attestation],
            scripts: [AlliancePlantScripts.otherOrder(from: 3_000, guardFault: nil)]
        ) {
            $0.rules.attests = { header, standing, record in
                if case .follows(.otherBranch) = standing {
                    return record.map { header.height > $0.height } ?? true
                }
                return standing == .attests
            }
        },
        AlliancePlant(
            "a lost guard is taken for a new one", [.attestation],
            scripts: [AlliancePlantScripts.otherOrder(from: 100, guardFault: .lost)]
        ) {
            $0.guardAtStart = { $0 ?? GuardRecord.fresh($1.id, $1.nodeKey.publicKey) }
        },
        AlliancePlant(
            "attestations are not carried again after a crash", [.liveness],
            scripts: [AlliancePlantScripts.storedAndNotCarried()]
        ) {
            $0.rules.carriesAgain = false
            $0.uncarriedAtStart = { _ in [] }
        },
        AlliancePlant("the pause stops attestations too", [.liveness]) {
            $0.rules.mayCarry = { _, beyond in beyond < AllianceRules.pauseBeyondFinal }
        },
        AlliancePlant("a gap in an author's sequence is accepted", [.block, .reopening]) {
            $0.taken = { entry, view in
                let last = view.lastSequence(of: entry.author)
                guard entry.sequence > last + 1, entry.void == nil else { return entry }
                return CheckedEntry(
                    own: entry.envelope, author: entry.author, sequence: last + 1,
                    clock: entry.clock, transactions: entry.transactions,
                    attestations: entry.attestations)
            }
        },
        AlliancePlant(
            "entries are forgotten without the marks", [.replica, .liveness, .reopening]
        ) {
            $0.marksTrimming = false
        },
        AlliancePlant(
            "who came by blocks counts what stood before them",
            [.replica, .liveness, .reopening],
            scripts: (1...4).map { AlliancePlantScripts.outOfTurn(seed: $0) }
        ) {
            $0.placeAtStart = { $0 ?? .start }
        },
        AlliancePlant("block time is the clock beside the median", [.time]) {
            $0.modules = ModuleList(Modules.all) { previous, clocks in
                guard clocks.count > 1 else {
                    return BlockClock.time(previous: previous, clocks: clocks)
                }
                return max(previous, clocks.sorted()[clocks.count / 2 - 1])
            }
        },
        AlliancePlant("block time is the latest of the clocks", [.time]) {
            $0.modules = ModuleList(Modules.all) { previous, clocks in
                max(previous, clocks.max() ?? previous)
            }
        },
        // Only a liar's clock is as far off as that.
        AlliancePlant("clocks far from block time are left out of the median", [.time]) {
            $0.modules = ModuleList(Modules.all) { previous, clocks in
                let farMs: UInt64 = 30 * 86_400_000
                return BlockClock.time(
                    previous: previous,
                    clocks: clocks.filter { $0.milliseconds < previous.milliseconds + farMs })
            }
        },
        AlliancePlant(
            "a new epoch begins on the highest known quorum", [.recovery],
            scripts: (1...10).map { AlliancePlantScripts.finalForOne(seed: $0) }
        ) {
            $0.baseRule = HighestKnownQuorum()
        },
    ]
}

/// Takes for the base what somebody shows a quorum of, and nothing that may have one.
struct HighestKnownQuorum: BaseRule {
    func decide(_ recovery: RecoveryCase) -> BaseDecision {
        var decision = MayBeFinalRule().decide(recovery)
        let shown = recovery.finals.compactMap { recovery.tree.header($0.block.hash) }
        if case .base = decision.outcome, let top = shown.max(by: { $0.height < $1.height }) {
            decision.outcome = .base(top)
        }
        return decision
    }
}
