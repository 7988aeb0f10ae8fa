import KoinonLedger
import KoinonProtocol

extension Follower {
    /// The answers of one round, held against the highest of them.
    struct Comparison {
        private let follower: Follower
        private let trusted: TrustedChain
        private var ahead: [(index: Int, chain: TrustedChain, document: TrustDocument)] = []
        private var behind: [(index: Int, document: TrustDocument)] = []
        private var verdicts: [Int: Verdict] = [:]
        private var evidence: [(name: String, document: TrustDocument)] = []

        init(follower: Follower, trusted: TrustedChain) {
            self.follower = follower
            self.trusted = trusted
        }

        mutating func add(_ answer: Answer, of index: Int) {
            switch answer {
            case .ahead(let chain, let document): ahead.append((index, chain, document))
            case .behind(let document): behind.append((index, document))
            case .forks(let document): fork(index, document)
            case .verdict(let verdict): verdicts[index] = verdict
            }
        }

        private mutating func fork(_ index: Int, _ document: TrustDocument) {
            verdicts[index] = .forks(document.header)
            evidence.append((follower.sources[index].name, document))
        }

        mutating func round() async -> Round {
            ahead.sort { one, other in
                if one.chain.sets.epoch != other.chain.sets.epoch {
                    return one.chain.sets.epoch > other.chain.sets.epoch
                }
                if one.chain.height != other.chain.height {
                    return one.chain.height > other.chain.height
                }
                return one.index < other.index
            }
            while !ahead.isEmpty, await !compareWithFirst() { ahead.removeFirst() }
            if ahead.isEmpty { nameThoseBehind() }
            var round = Round(
                chain: trusted,
                nodes: follower.sources.indices.map { index in
                    (follower.sources[index].name, verdicts[index] ?? .silent("was not asked"))
                }, evidence: evidence)
            if let best = ahead.first?.chain, !round.hasFork { round.chain = best }
            return round
        }

        /// Holds all answers against the first.
        ///
        /// - Returns: false when it cannot show its own history, and is named for that.
        private mutating func compareWithFirst() async -> Bool {
            let first = ahead[0]
            guard let header = first.chain.header else { return false }
            verdicts[first.index] = .agrees(header.height)
            for (index, chain, document) in ahead.dropFirst() {
                guard let other = chain.header, other != header else {
                    verdicts[index] = .agrees(header.height)
                    continue
                }
                switch await stands(other, in: header, at: follower.sources[first.index]) {
                case .yes: verdicts[index] = standing(of: other.height, below: header.height)
                case .no:
                    fork(index, document)
                    fork(first.index, first.document)
                case .unknown(let why):
                    verdicts[first.index] = .wrong(why)
                    return false
                }
            }
            for (index, document) in behind {
                verdicts[index] = standing(of: document.header.height, below: header.height)
                guard
                    case .no = await stands(
                        document.header, in: header, at: follower.sources[first.index])
                else { continue }
                // Others may have judged it than those who are known now; then it is only strange.
                if (try? trusted.sets.checkFinal(document.header, document.attestations)) != nil {
                    fork(index, document)
                    fork(first.index, first.document)
                } else {
                    verdicts[index] = .wrong(
                        "shows block \(document.header.hash) at height "
                            + "\(document.header.height), which the chain does not hold")
                }
            }
            return true
        }

        /// Nobody shows more than is trusted already.
        private mutating func nameThoseBehind() {
            for (index, document) in behind {
                verdicts[index] = standing(of: document.header.height, below: trusted.height)
            }
        }

        private func standing(of height: Height, below top: Height) -> Verdict {
            let lag = top.rawValue - min(height, top).rawValue
            return lag > follower.lagTolerance ? .lags(height, by: lag) : .agrees(height)
        }

        private enum Standing {
            case yes, no
            case unknown(String)
        }

        /// Whether a header stands in the history of a higher one, as shown by the node that
        /// has it.
        private func stands(
            _ older: BlockHeader, in later: BlockHeader, at source: any TrustSource
        ) async -> Standing {
            guard older.height < later.height else { return older == later ? .yes : .no }
            do {
                let ancestry = try Ancestry(
                    json: try await source.history(of: older.height, in: later.height))
                guard ancestry.header.height == older.height, ancestry.holds(in: later) else {
                    return .unknown("its history does not lead to its own header")
                }
                return ancestry.header == older ? .yes : .no
            } catch {
                return .unknown("does not show block \(older.height) in its history: \(error)")
            }
        }
    }
}
