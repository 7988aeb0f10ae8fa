import KoinonProtocol

/// What a proof file was found to prove.
public struct CheckedProof: Sendable {
    public var chain: ChainID
    /// The block that the content is about; final, or an ancestor of one that is.
    public var header: BlockHeader
    /// The header that the quorum signed; ``header`` or a later one.
    public var attestedHeader: BlockHeader
    /// The members that judged the attested header.
    public var members: MemberSet
    /// Those of them whose attestations are in the file: a quorum or more.
    public var attesters: [MemberID]
    /// Changes of members between genesis and the attested header.
    public var memberChanges: Int
    public var content: Content

    public enum Content: Sendable {
        /// The block stands in the chain.
        case block
        /// Executed in the block; the receipt says whether it was done or rejected.
        case transaction(
            id: Hash256, envelope: Envelope, body: TransactionBody, receipt: Receipt)
        case state(key: [UInt8], value: [UInt8])
        case absent(key: [UInt8])
    }
}
