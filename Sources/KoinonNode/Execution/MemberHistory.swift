import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// Which members judged which block, from the genesis document and the events of
/// the blocks that changed them.
struct MemberHistory {
    /// A block that named a new set, and that set.
    struct Change: Sendable {
        var height: Height
        var members: MemberSet
    }

    let first: MemberSet
    /// Ascending by height.
    private(set) var changes: [Change] = []

    init(_ reader: LedgerReader, genesis: GenesisDocument) throws {
        first = genesis.memberSet
        // Up to the ledger's base the events are not kept, but what came of them is.
        let base = try reader.baseHeight()
        changes = try reader.storedMemberChanges().map {
            Change(height: $0.header.height, members: $0.members)
        }
        var members = changes.last?.members ?? first
        for height in try reader.heightsChangingMembers() where height > base {
            members = Self.applying(try reader.decodedResult(at: height), to: members)
            guard try reader.block(at: height)?.header.nextMembersHash == members.hash else {
                throw StoreFault.damaged(
                    what: "its events do not lead to the members that its header names",
                    height: height, cause: nil)
            }
            changes.append(Change(height: height, members: members))
        }
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
