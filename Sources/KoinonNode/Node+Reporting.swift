import KoinonMachine
import KoinonProtocol

/// What a node tells of itself.
extension Node {
    /// By whose rules the next block is executed.
    public var protocolVersion: UInt64 { replica.read { $0.protocolVersion } }

    /// The newest protocol version that this software knows.
    public var knownProtocol: UInt64 { replica.read { $0.knownProtocol } }

    /// What the alliance has decided to go over to, and with which block; nil when that has
    /// begun, or nothing is decided.
    public var comingProtocol: (version: UInt64, from: Height)? {
        replica.read { Alliance.comingProtocol(after: $0.header.height.next, in: $0.state) }
    }

    /// How many transactions wait for a block: in the pool, or in entries that are on their way.
    public var poolCount: Int { pool.unsettledCount }

    /// As many may wait in the pool.
    public var poolLimit: Int { pool.maximumCount }

    /// How full the pool is, 0 to 100, by number or by bytes: at 100 it refuses.
    public var poolPercent: Int { pool.percent }

    /// The highest block that a quorum of its judges has signed.
    public var finalHeight: Height { committer.finalHeight }

    /// Whether the transaction waits for a block, or for that block to be durable.
    public func isWaiting(_ id: Hash256) -> Bool { pool.holds(id) }

    /// Why a transaction that no block executed was ignored, or expired: of the last ones since
    /// the node began; nil for all others.
    public func recentOutcome(of id: Hash256) -> TransactionOutcome? {
        outcomes.recent.outcome(of: id)
    }

    /// What the engine says of itself, and which entries of this node's the order lacks.
    public var engineReport: EngineReport {
        var report = engine.report
        report.faults += desk.news.missing.sorted { $0.key < $1.key }.map { author, sequence in
            "entry \(sequence) of \(author), which this node wrote, is not in the order: what it wrote since for \(author) has no effect, and clients' transactions wait unless it hosts another member too. docs/operate.md, \"An entry is missing\", says what to look at first; then stop it, delete \(author)'s entries from that one on, and start it again"
        }
        return report
    }

    /// How each hosted member stands to this node's chain, by node key.
    public var standings: [MemberStanding] { committer.standings }

    /// Whether it is that of the key with which the member judges the next block.
    public func isCurrent(_ standing: MemberStanding) -> Bool {
        replica.read { $0.members.nodeKey(of: standing.member) } == standing.nodeKey
    }
}
