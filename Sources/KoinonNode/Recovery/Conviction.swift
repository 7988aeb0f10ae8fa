import KoinonLedger
import KoinonProtocol

/// What shows that the holder of a node key lies; each part is signed with it.
public enum Conviction: Sendable, Equatable {
    /// Two blocks of one epoch and height.
    case twoBlocks(AttestedPoint, AttestedPoint)
    /// Two blocks of one epoch that stand on two branches.
    case twoBranches(AttestedPoint, AttestedPoint)
    /// An attestation that the last attested block of its own statement does not cover.
    case uncovered(AttestedPoint)
    /// Two statements that close one epoch.
    case twoStatements
}

extension RecoveryCase {
    /// Everybody who is convicted by what the statements show, with the first evidence found
    /// in a fixed order.
    public var convictions: [PublicKey: Conviction] {
        var byKey: [PublicKey: [AttestedPoint]] = [:]
        for point in attested { byKey[point.key, default: []].append(point) }
        var convicted: [PublicKey: Conviction] = [:]
        for (key, points) in byKey {
            let points = points.sorted {
                ($0.epoch, $0.block.height, $0.block.hash)
                    < ($1.epoch, $1.block.height, $1.block.hash)
            }
            convicted[key] = equivocation(points)
        }
        for statement in statements where convicted[statement.key] == nil {
            if let point = uncovered(statement, byKey[statement.key] ?? []) {
                convicted[statement.key] = .uncovered(point)
            }
        }
        for key in statedTwice where convicted[key] == nil { convicted[key] = .twoStatements }
        return convicted
    }

    /// - Parameter points: of one key, ascending by epoch, height and hash.
    private func equivocation(_ points: [AttestedPoint]) -> Conviction? {
        for (one, next) in zip(points, points.dropFirst())
        where one.epoch == next.epoch && one.block.height == next.block.height {
            return .twoBlocks(one, next)
        }
        var epochs: [UInt64: [Height: AttestedPoint]] = [:]
        for point in points { epochs[point.epoch, default: [:]][point.block.height] = point }
        for point in points {
            let lower = epochs[point.epoch] ?? [:]
            guard let least = lower.keys.min() else { continue }
            for (hash, header) in tree.path(from: point.block.hash) {
                guard header.height >= least else { break }
                if let other = lower[header.height], other.block.hash != hash {
                    return .twoBranches(other, point)
                }
                // The header below may be missing, but its hash is known.
                guard header.height > least else { break }
                let below = Height(header.height.rawValue - 1)
                if let other = lower[below], other.block.hash != header.parent {
                    return .twoBranches(other, point)
                }
            }
        }
        return nil
    }

    private func uncovered(
        _ statement: StatedPosition, _ points: [AttestedPoint]
    ) -> AttestedPoint? {
        points.sorted {
            ($0.epoch, $0.block.height, $0.block.hash) < ($1.epoch, $1.block.height, $1.block.hash)
        }.first { point in
            guard (statement.since...closes).contains(point.epoch) else { return false }
            guard let tip = statement.tips[point.epoch], point.block.height <= tip.height else {
                return true
            }
            let known =
                point.block.height == tip.height
                ? tip.hash : tree.ancestor(of: tip.hash, at: point.block.height)
            return known.map { $0 != point.block.hash } ?? false
        }
    }
}
