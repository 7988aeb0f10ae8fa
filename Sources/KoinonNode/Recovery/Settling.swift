import KoinonLedger
import KoinonProtocol

/// Which statements would settle a conflict: so many more, of these members, and whether they
/// do so whatever they say.
public struct Settling: Sendable, Equatable {
    /// Members of the sets concerned who have not stated, ascending.
    public var missing: [MemberID]
    /// The least number of further statements that can settle it; nil when none can.
    public var atLeast: Int?
    /// The least number that settles it whatever they say; nil when no number does.
    public var surely: Int?

    /// Distributions of answers that are tried at most; beyond, nothing is foretold.
    private static let triesMaximum = 20_000

    /// - Parameter epochs: in which the blocks may be final.
    init(
        _ tops: [BlockHeader], in epochs: Set<UInt64>, _ recovery: RecoveryCase,
        _ convicted: [PublicKey: Conviction]
    ) {
        let stated = Set(recovery.statements.map(\.key))
        let sets = Set(tops.map(\.membersHash)).compactMap { recovery.sets[$0] }
        missing = Set(
            sets.flatMap(\.members).filter {
                !stated.contains($0.nodeKey) && convicted[$0.nodeKey] == nil
            }.map(\.id)
        ).sorted()
        atLeast = nil
        surely = nil
        // Reckoned where one set judges all of them, in one epoch: its silent members are alike,
        // and each has attested on one branch.
        guard sets.count == 1, let set = sets.first, epochs.count == 1, let epoch = epochs.first
        else { return }
        let counts = tops.map { Self.count(of: $0, in: epoch, by: set, recovery, convicted) }
        guard let silent = counts.map(\.silent).min(), silent > 0 else { return }
        for more in 1...silent {
            var some = false
            var all = true
            var tries = 0
            Self.distribute(more, over: tops.count + 1) { answers in
                tries += 1
                let left = counts.indices.filter { index in
                    var count = counts[index]
                    count.silent -= more
                    count.stating += answers[index]
                    count.otherwise += more - answers[index]
                    return count.mayBeFinal
                }.count
                if left <= 1 { some = true } else { all = false }
                return tries < Self.triesMaximum
            }
            guard tries < Self.triesMaximum else { return }
            if some, atLeast == nil { atLeast = more }
            if all {
                surely = more
                return
            }
        }
    }

    private static func count(
        of top: BlockHeader, in epoch: UInt64, by set: MemberSet, _ recovery: RecoveryCase,
        _ convicted: [PublicKey: Conviction]
    ) -> SupportCount {
        var count = SupportCount(
            members: set.members.count, stating: 0, silent: 0, convicted: 0, otherwise: 0)
        let byKey = Dictionary(recovery.statements.map { ($0.key, $0) }) { first, _ in first }
        for member in set.members {
            if convicted[member.nodeKey] != nil {
                count.convicted += 1
            } else if let statement = byKey[member.nodeKey] {
                let supports =
                    statement.tips[epoch].map {
                        recovery.tree.isAncestor(top.hash, of: $0.hash)
                    } ?? false
                if supports { count.stating += 1 } else { count.otherwise += 1 }
            } else {
                count.silent += 1
            }
        }
        return count
    }

    /// Calls `body` with each way to put so many answers into so many places, until it says no.
    private static func distribute(
        _ total: Int, over places: Int, _ body: ([Int]) -> Bool
    ) {
        var counts = Array(repeating: 0, count: places)
        func place(_ index: Int, _ left: Int) -> Bool {
            if index == places - 1 {
                counts[index] = left
                return body(counts)
            }
            for count in 0...left {
                counts[index] = count
                if !place(index + 1, left - count) { return false }
            }
            return true
        }
        _ = place(0, total)
    }
}
