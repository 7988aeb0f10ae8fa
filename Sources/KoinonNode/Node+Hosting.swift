import KoinonLedger
import KoinonMachine
import KoinonProtocol

extension Node {
    /// The members hosted here, each once.
    public var hostedIDs: [MemberID] {
        hosted.reduce(into: []) { if !$0.contains($1.id) { $0.append($1.id) } }
    }

    /// Whether all who judge the next block are hosted here.
    public var hostsAllMembers: Bool { hosted.areAll(of: replica.read { $0.members }) }

    /// A wrong key would write entries that nobody, this node included, takes.
    ///
    /// - Parameter mayFollow: whether others order, so that a node may also follow without a
    ///   member, before its member is admitted, or before it has read the block that registers
    ///   its member's key.
    static func check(
        _ hosted: [HostedMember], against members: MemberSet, _ guards: GuardKeeper,
        mayFollow: Bool
    ) throws {
        guard mayFollow || hosted.contains(where: { members.nodeKey(of: $0.id) != nil }) else {
            throw HomeFault(
                "node.json: none of the hosts is a member of this alliance: see koinon query members; a home that joined one needs its engine too (docs/operate.md, \"One more member\")"
            )
        }
        for member in hosted {
            guard let key = members.nodeKey(of: member.id) else { continue }
            let held = hosted.filter { $0.id == member.id }
            // One that has signed nothing may have been registered while the node was away.
            let mayWait =
                try mayFollow
                && held.contains { try guards.record(of: $0)?.isUnused == true }
            guard mayWait || held.contains(where: { $0.nodeKey.publicKey == key }) else {
                throw HomeFault(
                    "keys/\(member.id)\(NodeHome.nodeKeySuffix).json: not the node key that the alliance knows of \(member.id); put that key back, or register this one with `koinon renew-key --node URL`, the address of another member's node"
                )
            }
        }
    }

    /// Whether there are members hosted here, none is one now, and all were.
    var hostsFormerMembersOnly: Bool {
        let hosted = hostedIDs
        return !hosted.isEmpty
            && replica.read { replica in hosted.allSatisfy { Self.isFormer($0, in: replica) } }
    }

    /// Says of each that it is no member any more.
    func noteFormerMembers() {
        for id in hostedIDs where replica.read({ Self.isFormer(id, in: $0) }) {
            logger.warning(
                "\(id) is no member any more: its node follows as far as the ordering engine lets it, carries what \(id) signed as a member, and serves what is stored; it takes no transactions"
            )
        }
    }

    /// Says of each that the alliance knows another node key of it, as far as the ledger goes.
    func noteUnregisteredKeys() {
        let members = replica.read { $0.members }
        for id in hostedIDs {
            guard let key = members.nodeKey(of: id),
                !hosted.contains(where: { $0.id == id && $0.nodeKey.publicKey == key })
            else { continue }
            logger.warning(
                "\(id) signs nothing until a block registers the node key that is here; if none does, register it with `koinon renew-key --node URL`, the address of another member's node"
            )
        }
    }

    private static func isFormer(_ id: MemberID, in replica: ReplicaView) -> Bool {
        replica.members.nodeKey(of: id) == nil
            && CoreRows.authors.get(id, in: replica.state) != nil
    }
}
