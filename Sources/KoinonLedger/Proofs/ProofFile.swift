import KoinonProtocol

/// Proves one thing about a chain to whoever has its genesis document, offline
/// (docs/formats/proof.md).
///
/// It holds as long as at most f = n − quorum of the keys of each member set in it
/// lie, for ever: a former member's key can still sign.
public struct ProofFile: Hashable, Sendable {
    public var chain: ChainID
    /// Each change of members up to ``header``, oldest first.
    public var memberChanges: [MemberChange]
    /// Each beginning of an epoch up to ``header``, oldest first.
    public var epochRecords: [EpochRecord]
    /// The header that the last members judged.
    public var header: BlockHeader
    /// A quorum over ``header``, ascending by member.
    public var attestations: [Attestation]
    /// Present when the content stands in an older block than ``header``.
    public var history: History?
    public var content: Content

    public static let format = "koinon/proof/v1"
    public static let bytesMaximum = 8 << 20

    public init(
        header: BlockHeader, attestations: [Attestation], memberChanges: [MemberChange] = [],
        epochRecords: [EpochRecord] = [], history: History? = nil, content: Content
    ) {
        chain = header.chain
        self.memberChanges = memberChanges
        self.epochRecords = epochRecords
        self.header = header
        self.attestations = attestations.sorted { $0.member < $1.member }
        self.history = history
        self.content = content
    }

    /// One member's signature over a header's hash.
    public struct Attestation: Hashable, Sendable {
        public var member: MemberID
        /// A signed `AttestationBody`.
        public var envelope: Envelope

        public init(member: MemberID, envelope: Envelope) {
            self.member = member
            self.envelope = envelope
        }
    }

    /// A block that names other members for the blocks after it, final by the quorum
    /// of the members before.
    public struct MemberChange: Hashable, Sendable {
        public var header: BlockHeader
        /// Ascending by member.
        public var attestations: [Attestation]
        /// Those that `header.nextMembersHash` names.
        public var members: MemberSet

        public init(header: BlockHeader, attestations: [Attestation], members: MemberSet) {
            self.header = header
            self.attestations = attestations.sorted { $0.member < $1.member }
            self.members = members
        }
    }

    /// The beginning of an epoch after the ordering engine was replaced: its base, attested
    /// in the new epoch by a quorum of those who judge it and, where it names others, of those.
    public struct EpochRecord: Hashable, Sendable {
        /// The epoch that begins; above the base's own.
        public var epoch: UInt64
        /// The base: the last block before the new epoch.
        public var header: BlockHeader
        /// Ascending by member.
        public var attestations: [Attestation]
        /// Present when the base names other members for the blocks after it.
        public var next: Next?

        public struct Next: Hashable, Sendable {
            public var members: MemberSet
            /// Ascending by member.
            public var attestations: [Attestation]

            public init(members: MemberSet, attestations: [Attestation]) {
                self.members = members
                self.attestations = attestations.sorted { $0.member < $1.member }
            }
        }

        public init(
            epoch: UInt64, header: BlockHeader, attestations: [Attestation], next: Next? = nil
        ) {
            self.epoch = epoch
            self.header = header
            self.attestations = attestations.sorted { $0.member < $1.member }
            self.next = next
        }
    }

    /// An older header, shown to be an ancestor by the `historyRoot` of a later one.
    public struct History: Hashable, Sendable {
        public var header: BlockHeader
        /// RFC 6962 inclusion path; its index is the older header's height, its tree's
        /// size the later header's.
        public var path: [Hash256]

        public init(header: BlockHeader, path: [Hash256]) {
            self.header = header
            self.path = path
        }
    }

    public enum Content: Hashable, Sendable {
        /// The block itself: that it stands in the chain.
        case block
        case transaction(TransactionProof)
        /// The state after the block has `value` under `key`.
        case state(key: [UInt8], value: [UInt8], siblings: [Hash256])
        /// The state after the block has nothing under `key`.
        case absent(key: [UInt8], proof: StateProof)
    }

    /// A transaction that the block executed, with its receipt.
    public struct TransactionProof: Hashable, Sendable {
        public var transaction: Envelope
        /// Encoded `Receipt`.
        public var receipt: [UInt8]
        /// From the leaves of both trees up to both roots. The trees have one shape,
        /// so the same turns lead to the same leaf: the receipt is this transaction's.
        public var path: [Step]

        public struct Step: Hashable, Sendable {
            public var side: MerkleTree.Side
            /// The sibling in the tree of transactions.
            public var transactions: Hash256
            /// The sibling in the tree of receipts.
            public var receipts: Hash256

            public init(side: MerkleTree.Side, transactions: Hash256, receipts: Hash256) {
                self.side = side
                self.transactions = transactions
                self.receipts = receipts
            }
        }

        public init(transaction: Envelope, receipt: [UInt8], path: [Step]) {
            self.transaction = transaction
            self.receipt = receipt
            self.path = path
        }
    }

    /// The header of the block that the content is about.
    public var contentHeader: BlockHeader { history?.header ?? header }
}
