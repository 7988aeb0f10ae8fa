import KoinonNode
import Synchronization

/// What is wrong between a node and etcd, for its report.
final class EtcdConditions: Sendable {
    enum Kind: Hashable, CaseIterable {
        case reading, place, appending, trimming, certificate, authority, serverCertificates
        case newCertificate, unusable
    }

    private struct State {
        var faults: [Kind: String] = [:]
        /// Missing entries that their authors have not appended anew, the newest last.
        var gaps: [SequenceGap] = []
        var gapCount: UInt64 = 0
        var unusableCount: UInt64 = 0
    }

    private let keys: EntryKeys
    private let state = Mutex(State())
    /// Missing entries that the report names one by one.
    private static let named = 8

    init(keys: EntryKeys) { self.keys = keys }

    /// - Returns: whether it was not said before.
    @discardableResult
    func set(_ kind: Kind, _ text: String) -> Bool {
        state.withLock { $0.faults.updateValue(text, forKey: kind) != text }
    }

    func clear(_ kind: Kind) { state.withLock { $0.faults[kind] = nil } }

    func countGap(_ gap: SequenceGap) {
        state.withLock { state in
            state.gapCount += 1
            state.gaps = (state.gaps + [gap]).suffix(Self.named)
        }
    }

    /// Missing entries have come anew, or were not needed.
    ///
    /// - Parameter lanes: of each author the last sequence that counts.
    func forgetGaps(through lanes: [String: UInt64]) {
        state.withLock { state in
            state.gaps.removeAll { $0.missing <= lanes[$0.author] ?? 0 }
        }
    }

    func countUnusable(_ entry: ListedEntry) {
        state.withLock { state in
            state.unusableCount += 1
            state.faults[.unusable] =
                "etcd: the key of \(entry.author)'s entry \(entry.sequence) holds something else; who wrote there with that member's certificate?"
        }
    }

    var report: EngineReport {
        state.withLock { state in
            var report = EngineReport(name: "etcd")
            report.faults = Kind.allCases.compactMap { state.faults[$0] }
            report.faults += state.gaps.map {
                "etcd: entry \($0.missing) of \($0.author) is missing though later ones are there: etcd lost it or somebody deleted it; what follows of \($0.author) has no effect until it appends anew. While its node is stopped: etcdctl \(keys.deletion(of: $0).joined(separator: " ")) (docs/operate.md)"
            }
            report.isReachable =
                state.faults[.reading] == nil && state.faults[.appending] == nil
            report.gaps = state.gapCount
            report.unusable = state.unusableCount
            return report
        }
    }
}
