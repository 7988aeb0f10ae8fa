import KoinonLedger
import KoinonProtocol

/// The rule by which the base of a ceremony is found: it keeps every block that may be final.
///
/// A block may be final if those stating it or a descendant, the members without statement or
/// convicted, and as many of the others as may still lie, reach its quorum. The highest epoch
/// with such blocks decides: if they lie on one chain, its top is the base; if there are none,
/// the highest block shown to be final. So with at most f liars no final block is undone
/// whenever the possibly final blocks form one chain (docs/trust.md). A base that was only
/// proposed for a vote need not stand on all of them, so blocks of the epochs before it that
/// may be final and are off it count as well.
public struct MayBeFinalRule: BaseRule {
    public init() {}

    public func decide(_ recovery: RecoveryCase) -> BaseDecision {
        Reckoning(recovery).decision
    }

    /// One computation; `RecoveryCase` in, `BaseDecision` out.
    struct Reckoning {
        let recovery: RecoveryCase
        let convicted: [PublicKey: Conviction]
        private let byKey: [PublicKey: StatedPosition]
        /// The highest epoch in which a block was shown to be final, and those blocks.
        private let lastEpoch: UInt64
        private let finals: [BlockHeader]

        init(_ recovery: RecoveryCase) {
            self.recovery = recovery
            convicted = recovery.convictions
            byKey = Dictionary(recovery.statements.map { ($0.key, $0) }) { first, _ in first }
            let last = recovery.finals.map(\.epoch).max() ?? 0
            lastEpoch = last
            finals = recovery.finals.filter { $0.epoch == last }
                .compactMap { recovery.tree.header($0.block.hash) }
                .sorted { ($0.height, $0.hash) < ($1.height, $1.hash) }
        }

        var decision: BaseDecision {
            guard let top = finals.last, areOneChain(finals) else {
                return BaseDecision(
                    outcome: .brokenPromise(finals), convicted: convicted, possible: [])
            }
            // Where nobody states to have attested anything, nothing may be final.
            let later = Set(recovery.statements.flatMap(\.tips.keys)).filter { $0 > lastEpoch }
            for epoch in later.sorted(by: >) {
                var possible = possible(in: epoch)
                if possible.isEmpty { continue }
                let voted = possible.map(\.header).filter {
                    recovery.voted[epoch]?.contains($0.hash) ?? false
                }
                let before =
                    voted.isEmpty
                    ? []
                    : later.filter { $0 < epoch }.sorted(by: >)
                        .flatMap { self.possible(in: $0) } + possibleInLastEpoch(top)
                for block in before where !voted.allSatisfy({ isComparable(block.header, $0) }) {
                    if !possible.contains(where: { $0.header == block.header }) {
                        possible.append(block)
                    }
                }
                return decide(possible, above: top)
            }
            return decide(possibleInLastEpoch(top), above: top)
        }

        private func possibleInLastEpoch(_ top: BlockHeader) -> [BaseDecision.Possible] {
            var possible = possible(in: lastEpoch)
            for header in finals where !possible.contains(where: { $0.header == header }) {
                possible.append(shown(header, in: lastEpoch))
            }
            // With at most f liars nothing else than what is on the chain of a final block can be.
            return possible.filter { isComparable($0.header, top) }
        }

        private func decide(
            _ unsorted: [BaseDecision.Possible], above final: BlockHeader
        ) -> BaseDecision {
            let possible = unsorted.sorted {
                ($0.header.height, $0.header.hash) < ($1.header.height, $1.header.hash)
            }
            var decision = BaseDecision(
                outcome: .brokenPromise([]), convicted: convicted, possible: possible)
            let lacks = lacks(of: possible)
            guard lacks.isEmpty else {
                decision.outcome = .tooFew(lacks)
                return decision
            }
            var tops = possible.map(\.header).filter { header in
                !possible.contains {
                    $0.header != header
                        && recovery.tree.isAncestor(header.hash, of: $0.header.hash)
                }
            }
            if tops.count == 1, !recovery.tree.isAncestor(final.hash, of: tops[0].hash) {
                tops.append(final)
            }
            if tops.count == 1 {
                decision.outcome = .base(tops[0])
                decision.undone = undone(by: tops[0])
            } else {
                tops.sort { $0.hash < $1.hash }
                let epochs = tops.map { top in
                    possible.first { $0.header == top }?.epoch ?? lastEpoch
                }
                decision.outcome = .conflict(
                    tops, Settling(tops, in: Set(epochs), recovery, convicted))
            }
            return decision
        }

        /// Blocks that may be final in an epoch, judged by sets that are known.
        private func possible(in epoch: UInt64) -> [BaseDecision.Possible] {
            candidates(in: epoch).compactMap { header in
                guard let count = count(header, in: epoch), count.mayBeFinal else { return nil }
                // A base that names others needs a quorum of those too.
                if header.epoch < epoch, header.nextMembersHash != header.membersHash,
                    let next = recovery.sets[header.nextMembersHash],
                    !support(of: header, in: epoch, by: next).mayBeFinal
                {
                    return nil
                }
                return BaseDecision.Possible(
                    epoch: epoch, header: header, count: count, isShown: isShown(header, epoch))
            }
        }

        /// What somebody states to have attested in the epoch, and the blocks of that epoch
        /// before it. What nobody states cannot be final once a quorum has stated.
        private func candidates(in epoch: UInt64) -> [BlockHeader] {
            var found: [Hash256: BlockHeader] = [:]
            for tip in recovery.statements.compactMap({ $0.tips[epoch] }) {
                for (hash, header) in recovery.tree.path(from: tip.hash) {
                    guard found[hash] == nil else { break }
                    found[hash] = header
                    // The base of the epoch is part of it, nothing below is.
                    if header.epoch < epoch || isShown(header, epoch) { break }
                }
            }
            return found.values.sorted { ($0.height, $0.hash) < ($1.height, $1.hash) }
        }

        private func isShown(_ header: BlockHeader, _ epoch: UInt64) -> Bool {
            recovery.finals.contains(ShownFinal(epoch: epoch, block: BlockPoint(header)))
        }

        private func shown(_ header: BlockHeader, in epoch: UInt64) -> BaseDecision.Possible {
            let none = SupportCount(
                members: 0, stating: 0, silent: 0, convicted: 0, otherwise: 0)
            return BaseDecision.Possible(
                epoch: epoch, header: header, count: count(header, in: epoch) ?? none,
                isShown: true)
        }

        private func count(_ header: BlockHeader, in epoch: UInt64) -> SupportCount? {
            recovery.sets[header.membersHash].map { support(of: header, in: epoch, by: $0) }
        }

        func support(
            of header: BlockHeader, in epoch: UInt64, by set: MemberSet
        ) -> SupportCount {
            let hash = header.hash
            var count = SupportCount(
                members: set.members.count, stating: 0, silent: 0, convicted: 0, otherwise: 0)
            for member in set.members {
                if convicted[member.nodeKey] != nil {
                    count.convicted += 1
                } else if let statement = byKey[member.nodeKey] {
                    let supports =
                        statement.tips[epoch].map {
                            recovery.tree.isAncestor(hash, of: $0.hash)
                        } ?? false
                    if supports { count.stating += 1 } else { count.otherwise += 1 }
                } else {
                    count.silent += 1
                }
            }
            return count
        }

        /// Sets of which too few have stated: those who judge what may be final, and those whom
        /// it names, since one of them may have seen what nobody else has.
        private func lacks(of possible: [BaseDecision.Possible]) -> [BaseDecision.Lack] {
            let hashes = Set(
                possible.flatMap { [$0.header.membersHash, $0.header.nextMembersHash] })
            return hashes.sorted().compactMap { hash in
                guard let set = recovery.sets[hash] else { return nil }
                let missing = set.members.filter { byKey[$0.nodeKey] == nil }
                let stated = set.members.count - missing.count
                guard stated < set.quorum else { return nil }
                return BaseDecision.Lack(set: set, stated: stated, missing: missing.map(\.id))
            }
        }

        private func isComparable(_ one: BlockHeader, _ other: BlockHeader) -> Bool {
            recovery.tree.isAncestor(one.hash, of: other.hash)
                || recovery.tree.isAncestor(other.hash, of: one.hash)
        }

        private func areOneChain(_ headers: [BlockHeader]) -> Bool {
            zip(headers, headers.dropFirst()).allSatisfy { one, next in
                // Where the headers between are not at hand, heights have to do.
                recovery.tree.ancestor(of: next.hash, at: one.height).map { $0 == one.hash }
                    ?? (one.height < next.height)
            }
        }

        private func undone(by base: BlockHeader) -> [BlockHeader] {
            recovery.finals.filter { $0.epoch < lastEpoch }
                .compactMap { recovery.tree.header($0.block.hash) }
                .filter { final in
                    final.height > base.height
                        || recovery.tree.ancestor(of: base.hash, at: final.height)
                            .map { $0 != final.hash } ?? false
                }.sorted { ($0.height, $0.hash) < ($1.height, $1.hash) }
        }
    }
}
