import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol

/// A small alliance in which something goes on, from which each input starts anew: two
/// members, a provider and two customers with money, one offer by the lease process with
/// agreements that wait, run and are settled, a request, a fraud flag and a proposal.
struct FuzzWorld: Sendable {
    /// 2026-03-02 00:00 UTC.
    static let start = Timestamp(milliseconds: 1_772_409_600_000)

    /// Everybody with an account, by name.
    struct Actor: Sendable {
        var name: String
        var key: SigningKey
        var account: AccountID
    }

    let chain: ChainID
    let header: BlockHeader
    private let history: MerkleFrontier
    /// Of the state after the last block, ascending by key.
    let rows: [(key: [UInt8], value: [UInt8])]
    /// All but block 0.
    let blocks: [StreamedBlock]
    let actors: [Actor]
    /// What "@NAME" stands for in a text of actions: accounts and things.
    let names: [String: String]
    /// The highest nonces used, by actor; sequence of the first member.
    let nextNonce: [String: UInt64]
    let nextSequence: UInt64
    let proposer: MemberID
    let proposerKey: SigningKey

    /// Made once; nothing in it depends on a clock or on chance.
    static let shared: FuzzWorld = {
        do { return try FuzzWorldBuilder().finish() } catch {
            preconditionFailure("the world of the fuzz targets cannot be made: \(error)")
        }
    }()

    init(_ builder: FuzzWorldBuilder) {
        let replica = builder.replica
        chain = replica.chain
        header = replica.header
        history = builder.history
        rows = replica.state.rows(prefix: [], from: [], limit: .max)
        blocks = builder.blocks
        actors = builder.actors
        names = builder.names
        nextNonce = builder.builders.mapValues(\.nextNonce)
        nextSequence = builder.sequence
        proposer = builder.proposer
        proposerKey = FuzzWorldBuilder.key("node of alfa")
    }

    /// A replica of its own at the world's last block.
    func replica() -> Replica { Replica(header: header, history: history, rows: rows) }

    func actor(of account: some Collection<UInt8>) -> Actor? {
        actors.first { $0.account.bytes.elementsEqual(account) }
    }

    /// An entry by the first member that has effect: its next sequence, unless others say so.
    func entry(clock: Timestamp, transactions: [Envelope]) -> Envelope {
        var body = EntryBody()
        body.chain = Data(chain.bytes)
        body.author = proposer.rawValue
        body.sequence = nextSequence
        body.clockMs = clock.milliseconds
        body.transactions = transactions.map(\.message)
        return proposerKey.sign(body.encoded, as: .entry)
    }

    /// Gives the entry to two replicas: both say the same, nothing contradicts itself, and what
    /// was written can be read.
    func apply(_ entry: CheckedEntry) throws(Violation) {
        let (one, other) = (replica(), replica())
        let outcomes = (one.apply(entry), other.apply(entry))
        try hold(one.header == other.header, "two replicas differ after one entry")
        switch outcomes {
        case (.noEffect, .noEffect), (.waiting, .waiting):
            try hold(one.header == header, "no block was closed, and the header is another")
        case (.closed(let block, _), .closed(let again, _)):
            try hold(
                block.result == again.result && block.changes == again.changes,
                "two replicas write different blocks")
            try hold(
                try MessageProperties.decode(BlockResult.self, block.result) != nil,
                "a block's result is not read")
            let violations = Modules.invariantViolations(in: one.state)
            try hold(violations.isEmpty, violations.joined(separator: "; "))
        default:
            throw Violation("two replicas judge one entry differently")
        }
    }
}
