import KoinonProtocol

/// The members whose attestations judge a block, ascending by id.
public struct MemberSet: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public var id: MemberID
        /// Signs the member's entries and attestations.
        public var nodeKey: PublicKey

        public init(id: MemberID, nodeKey: PublicKey) {
            self.id = id
            self.nodeKey = nodeKey
        }
    }

    public let members: [Entry]

    /// Sorts; ids must be distinct.
    public init(_ members: [Entry]) {
        self.members = members.sorted { $0.id < $1.id }
        for (one, next) in zip(self.members, self.members.dropFirst()) {
            precondition(one.id != next.id, "a member stands once in its set")
        }
    }

    /// SHA-256("koinon/members/v1" ‖ 0x00 ‖ count u32 ‖ for each, ascending by id:
    /// id length u8 ‖ id ‖ node key), integers big endian.
    public var hash: Hash256 {
        var hasher = SHA256Hasher(tag: "koinon/members/v1")
        hasher.update(bigEndian: UInt32(members.count))
        for member in members {
            let id = Array(member.id.rawValue.utf8)
            hasher.update(UInt8(id.count))
            hasher.update(id)
            hasher.update(member.nodeKey)
        }
        return hasher.finalize()
    }

    /// How many members make a block final: ⌊2n/3⌋ + 1, more than two thirds.
    public var quorum: Int { Self.quorum(of: members.count) }

    /// The same of so many members.
    public static func quorum(of count: Int) -> Int { count * 2 / 3 + 1 }

    /// Nil for a name that is no member. O(log n).
    public func nodeKey(of id: MemberID) -> PublicKey? {
        var low = 0
        var high = members.count
        while low < high {
            let middle = (low + high) / 2
            if members[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < members.count && members[low].id == id ? members[low].nodeKey : nil
    }
}
