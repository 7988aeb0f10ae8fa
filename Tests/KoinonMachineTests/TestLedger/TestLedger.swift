import Foundation
import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

/// Someone who signs: an account and one of its keys.
struct Actor: Sendable {
    var account: AccountID
    var key: SigningKey

    func signing(with key: SigningKey) -> Actor { Actor(account: account, key: key) }
    var bytes: Data { Data(account.bytes) }
}

/// A whole alliance in memory, driven block by block at times of the test's choosing.
///
/// It signs with keys made from names, so that every run has the same bytes, and after
/// every block checks the invariants of all modules, the conservation of money (by a
/// count of its own) and that the header commits to the state.
final class TestLedger {
    /// 2026-03-02 00:00 UTC, a Monday.
    static let start = Timestamp(milliseconds: 1_772_409_600_000)

    let genesis: GenesisDocument
    let replica: Replica
    /// Every entry given to the replica, in order.
    private(set) var log: [CheckedEntry] = []
    /// Header hashes by height, block 0 first.
    private(set) var hashes: [Hash256]
    private var nonces: [String: UInt64] = [:]
    private var sequences: [MemberID: UInt64] = [:]
    /// Where `block(at:)` brought all clocks; bare entries alone close no block.
    private var reached: Timestamp

    /// - Parameters:
    ///   - members: ids; the first one proposes unless a test says otherwise.
    ///   - parameters: what differs from the standard values.
    init(
        members: [String] = ["alfa"], parameters: Parameters = Parameters(),
        processes: [ProcessDefinition] = [], time: Timestamp = TestLedger.start
    ) throws {
        var content = Genesis()
        content.format = GenesisDocument.format
        content.name = "A test alliance"
        content.timeMs = time.milliseconds
        content.members = members.map { id in
            GenesisMember.with {
                $0.id = id
                $0.name = id
                $0.nodeKey = Data(Self.nodeKey(of: id).publicKey.bytes)
                $0.accountKey = Data(Self.key("account of \(id)").publicKey.bytes)
            }
        }
        content.parameters = parameters
        content.processes = processes
        genesis = try GenesisDocument(contentsOf: Array(content.jsonForm(pretty: true).utf8))
        replica = try Replica(genesis: genesis)
        hashes = [replica.header.hash]
        reached = time
        checkState()
    }

    var chain: ChainID { genesis.chain }
    var state: CommittedState { replica.state }
    /// The time of the next block, unless an entry with a later clock comes first.
    var time: Timestamp { max(replica.header.time, reached) }

    // MARK: Names

    /// The key that belongs to a name; the same in every run.
    static func key(_ name: String) -> SigningKey {
        SigningKey(seed: Hash256.sha256(Array(name.utf8)).bytes)!
    }

    static func nodeKey(of member: String) -> SigningKey { key("node of \(member)") }

    /// The account through which a member acts.
    func member(_ id: String) -> Actor { actor("account of \(id)") }

    /// The account whose first key has this name; open or not.
    func actor(_ name: String) -> Actor {
        let key = Self.key(name)
        return Actor(account: AccountID(chain: chain, firstKey: key.publicKey), key: key)
    }

    // MARK: Transactions

    /// A signed transaction; by default with the key's next nonce, good for an hour.
    func sign(
        _ actions: [Action], by actor: Actor, nonce: UInt64? = nil, expires: Timestamp? = nil,
        memo: String = ""
    ) -> Envelope {
        var body = TransactionBody()
        body.chain = Data(chain.bytes)
        body.sender = actor.bytes
        body.nonce = nonce ?? nextNonce(of: actor)
        body.expiresAtMs = expires?.milliseconds ?? time.milliseconds + 3_600_000
        body.actions = actions
        body.memo = memo
        return actor.key.sign(body.encoded, as: .transaction)
    }

    /// Counts up from 1 for each account and key.
    func nextNonce(of actor: Actor) -> UInt64 {
        nonces["\(actor.account) \(actor.key.publicKey)", default: 0] += 1
        return nonces["\(actor.account) \(actor.key.publicKey)"]!
    }

    // MARK: Entries

    /// The member's next entry; its clock is the ledger's time unless stated.
    func entry(
        by member: String, clock: Timestamp? = nil, _ transactions: [Envelope] = [],
        sequence: UInt64? = nil, nodeKey: SigningKey? = nil,
        with change: (inout EntryBody) -> Void = { _ in }
    ) throws -> CheckedEntry {
        let id = MemberID(rawValue: member)!
        var body = EntryBody()
        body.chain = Data(chain.bytes)
        body.author = member
        body.sequence = sequence ?? (sequences[id, default: 0] + 1)
        if sequence == nil { sequences[id, default: 0] += 1 }
        body.clockMs = (clock ?? time).milliseconds
        body.transactions = transactions.map(\.message)
        change(&body)
        let envelope = (nodeKey ?? Self.nodeKey(of: member)).sign(body.encoded, as: .entry)
        return try CheckedEntry(envelope, chain: chain, epoch: 0)
    }

    /// Gives an entry to the replica and checks everything if it closes a block.
    @discardableResult
    func apply(_ entry: CheckedEntry) -> Replica.Outcome {
        log.append(entry)
        let before = replica.header
        let outcome = replica.apply(entry)
        if case .closed(let block, _) = outcome {
            hashes.append(block.header.hash)
            check(block, after: before)
        } else {
            #expect(replica.header == before, "an entry that closes no block changes nothing")
        }
        return outcome
    }

    /// Brings every member's clock to `moment` and closes one block with the transactions.
    ///
    /// Timers due by then may close blocks before it; the answer holds all of them.
    func block(at moment: Timestamp? = nil, _ transactions: [Envelope]) throws -> Closed {
        let moment = max(moment ?? time, time)
        reached = moment
        var closed = Closed()
        let members = replica.members.members.map(\.id.rawValue)
        for member in members.dropFirst()
        where moment > replica.lastClock(of: MemberID(rawValue: member)!) {
            closed.add(apply(try entry(by: member, clock: moment)))
        }
        closed.add(apply(try entry(by: members[0], clock: moment, transactions)))
        return closed
    }
}

/// What came out of the blocks that some entries closed.
struct Closed {
    var blocks: [ExecutedBlock] = []
    var timers: [TimerRecord] = []
    var timerReceipts: [Receipt] = []
    /// Of the executed transactions, in order.
    var receipts: [Receipt] = []
    var ignored: [Hash256: IgnoredReason] = [:]

    mutating func add(_ outcome: Replica.Outcome) {
        guard case .closed(let block, let ignored) = outcome else { return }
        // What the machine encoded must decode.
        let result = try! BlockResult(strict: block.result)
        blocks.append(block)
        timers += result.timers
        timerReceipts += result.receipts.prefix(result.timers.count)
        receipts += result.receipts.dropFirst(result.timers.count)
        self.ignored.merge(ignored) { $1 }
    }
}
