import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Synchronization

/// Which members judged which block, from the genesis document and the events of
/// the blocks that changed them.
struct MemberHistory: Sendable {
    /// A block that named a new set, and that set.
    struct Change: Sendable {
        var height: Height
        var members: MemberSet
    }

    let first: MemberSet
    /// Ascending by height.
    private(set) var changes: [Change] = []
    /// The last block that was looked at.
    private var known: Height?

    init(_ reader: LedgerReader, genesis: GenesisDocument) throws {
        first = genesis.memberSet
        // Up to the ledger's base the events are not kept, but what came of them is.
        let base = try reader.baseHeight()
        changes = try reader.storedMemberChanges().map {
            Change(height: $0.header.height, members: $0.members)
        }
        if base > .genesis { known = base }
        try extend(reader)
    }

    /// Takes up the blocks that came since it was made, without looking at those before.
    ///
    /// - Throws: the store's fault, after which it is worth nothing.
    mutating func extend(_ reader: LedgerReader) throws {
        let tip = try reader.tip().header.height
        var members = changes.last?.members ?? first
        for height in try reader.heightsChangingMembers(after: known) {
            members = Self.applying(try reader.decodedResult(at: height), to: members)
            guard try reader.block(at: height)?.header.nextMembersHash == members.hash else {
                throw StoreFault.damaged(
                    what: "its events do not lead to the members that its header names",
                    height: height, cause: nil)
            }
            changes.append(Change(height: height, members: members))
        }
        known = tip
    }

    /// The set that the block before named.
    func judges(of height: Height) -> MemberSet {
        changes.last { $0.height < height }?.members ?? first
    }

    /// Who judges from which height on, ascending, from block 1.
    var judgeSets: [(from: Height, judges: MemberSet)] {
        [(Height.genesis.next, first)] + changes.map { ($0.height.next, $0.members) }
    }

    private static func applying(_ result: BlockResult, to members: MemberSet) -> MemberSet {
        var entries = members.members
        for case .alliance(let alliance)? in result.receipts.flatMap(\.events).map(\.module) {
            switch alliance.event {
            case .memberAdmitted(let event):
                guard let id = MemberID(rawValue: event.member),
                    let key = PublicKey(event.nodeKey)
                else { continue }
                entries.removeAll { $0.id == id }
                entries.append(MemberSet.Entry(id: id, nodeKey: key))
            case .nodeKeyRenewed(let event):
                guard let id = MemberID(rawValue: event.member),
                    let key = PublicKey(event.nodeKey)
                else { continue }
                entries.removeAll { $0.id == id }
                entries.append(MemberSet.Entry(id: id, nodeKey: key))
            case .memberExpelled(let event):
                entries.removeAll { $0.id.rawValue == event.member }
            default: break
            }
        }
        return MemberSet(entries)
    }
}

/// The history of one store, looked through once: each proof needs it, and headers are many.
final class SharedMemberHistory: Sendable {
    private let genesis: GenesisDocument
    private let history = Mutex<MemberHistory?>(nil)

    init(genesis: GenesisDocument) { self.genesis = genesis }

    /// As of the reader's tip, or of a later one.
    ///
    /// - Throws: the store's fault.
    func current(_ reader: LedgerReader) throws -> MemberHistory {
        try history.withLock { history in
            var current = try history ?? MemberHistory(reader, genesis: genesis)
            try current.extend(reader)
            history = current
            return current
        }
    }
}
