import struct Foundation.Data
import KoinonLedger
import KoinonProtocol

/// The keys with which members' nodes sign entries and attestations.
extension Alliance {
    /// Another node key for the member that sends it: the next block is judged with it.
    static func renewNodeKey(_ action: RenewNodeKey, in context: Context) throws(Rejection) {
        let id = try votingMember(in: context)
        guard let key = PublicKey(action.nodeKey), Ed25519.isValidPublicKey(key) else {
            throw Rejection(AllianceRejection.badKey, field: "node_key")
        }
        guard var member = member(id, in: context.state),
            var author = CoreRows.authors.get(id, in: context.state)
        else { preconditionFailure("an account acts for \(id), which is no member") }
        guard member.nodeKey != action.nodeKey else {
            throw Rejection(AllianceRejection.sameNodeKey, field: "node_key")
        }
        try checkUnused(key, by: nil, field: "node_key", in: context)
        // Node keys sign entries and attestations, nothing else.
        let ownKeys = Accounts.account(context.sender, in: context.state)?.keys ?? []
        guard !ownKeys.contains(where: { $0.publicKey == action.nodeKey }) else {
            throw Rejection(AllianceRejection.nodeKeyInUse, field: "node_key")
        }
        var renewed = NodeKeyRenewed()
        renewed.member = id.rawValue
        renewed.nodeKey = action.nodeKey
        renewed.retiredKey = member.nodeKey
        retire(author.nodeKey, of: id, for: key, in: context)
        member.nodeKey = action.nodeKey
        members.set(id, member, in: context.state)
        author.nodeKey = action.nodeKey
        CoreRows.authors.set(id, author, in: context.state)
        context.emit(.nodeKeyRenewed(renewed))
    }

    /// Attestations of the past would change hands if a key signed for another member later;
    /// and one that returned could have signed another branch meanwhile.
    ///
    /// - Parameter member: may have it: the former member whose last key it is.
    static func checkUnused(
        _ key: PublicKey, by member: MemberID?, field: String, in context: Context
    ) throws(Rejection) {
        let bytes = Data(key.bytes)
        let authors = CoreRows.authors.rows(in: context.state)
        guard !authors.contains(where: { $0.key != member && $0.value.nodeKey == bytes }) else {
            throw Rejection(AllianceRejection.nodeKeyInUse, field: field)
        }
        guard !retiredNodeKeys.contains(key, in: context.state) else {
            throw Rejection(AllianceRejection.nodeKeyRetired, field: field)
        }
    }

    /// Remembers a key when another one takes its place.
    static func retire(
        _ bytes: Data, of member: MemberID, for next: PublicKey, in context: Context
    ) {
        guard let key = PublicKey(bytes), key != next else { return }
        var retired = RetiredNodeKey()
        retired.member = member.rawValue
        retired.retiredAtMs = context.now.milliseconds
        retiredNodeKeys.set(key, retired, in: context.state)
    }
}
