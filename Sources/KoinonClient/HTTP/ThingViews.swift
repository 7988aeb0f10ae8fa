import KoinonProtocol

/// An account: who may act for it, through whom it is here, what is known of it.
public struct AccountAnswer: Hashable, Sendable, Decodable {
    public struct Key: Hashable, Sendable, Decodable {
        /// 64 hexadecimal digits.
        public var publicKey: String
        public var addedAt: AnsweredTime
        /// The next nonce is this plus 1; 0 before its first transaction.
        public var highestNonce: UInt64
    }

    public var id: String
    public var openedAt: AnsweredTime
    /// Id of the member that answers for it now.
    public var sponsor: String
    public var keys: [Key]
    /// Id of the member that acts through it.
    public var member: String?
    /// Settled agreements, on every platform.
    public var settled: UInt64
    public var settledLate: UInt64
    /// Ids of members that checked that a person of its own stands behind it.
    public var vouchedBy: [String]
    /// In all kinds alike, in millionths.
    public var standingPpm: UInt32
}

/// Money that came to an account or left it.
public struct MovementAnswer: Hashable, Sendable, Decodable {
    /// Of the block that moved it.
    public var height: UInt64
    public var leaf: Int
    /// The block's time, or the moment at which a timer was due.
    public var time: AnsweredTime
    /// Into the account; else out of it.
    public var incoming: Bool
    /// As docs/openapi.yaml lists them: "received", "held" and so on.
    public var kind: String
    public var amount: AnsweredMoney
    /// The other account of a transfer.
    public var other: String?
    public var agreement: String?
}

/// A thing that can be shared: whose it is, where it is, where it has been.
public struct ResourceAnswer: Hashable, Sendable, Decodable {
    public var id: String
    public var title: String
    public var kind: String
    /// Account.
    public var owner: String
    public var serial: String?
    /// How many can be used at the same time.
    public var capacity: UInt32
    public var inUse: UInt32
    /// For ``NodeClient/content(_:)``, in hexadecimal.
    public var descriptionHash: String?
    public var registeredAt: AnsweredTime
    public var retired: Bool
    /// Not withdrawn, at most 50.
    public var offers: [AnsweredName]
    /// Length of the whole custody history.
    public var custodyRecords: UInt64
    /// Its newest part, the newest first, at most 50.
    public var custody: [CustodyAnswer]
}

/// One step of where a thing has been.
public struct CustodyAnswer: Hashable, Sendable, Decodable {
    /// Counted from 0 at its registration.
    public var number: UInt64
    public var time: AnsweredTime
    /// Account.
    public var holder: String
    /// "registered", "transferred", "lent", "returned", "retired", "delivered" or "sold".
    public var reason: String
    /// The agreement it moved under.
    public var agreement: String?
    public var quantity: UInt32
}

/// The terms on which something may be had, by whom and through whom.
public struct OfferTermsAnswer: Hashable, Sendable, Decodable {
    /// What one unit of an agreement's quantity takes of a resource.
    public struct Item: Hashable, Sendable, Decodable {
        public var id: String
        public var title: String
        public var kind: String
        public var quantity: UInt32
    }

    public var id: String
    public var title: String
    public var withdrawn: Bool
    /// The resource and what goes with it, all or none.
    public var items: [Item]
    public var process: String
    /// For each step begun.
    public var price: AnsweredMoney
    /// 0 where the process reckons without time, a sale for instance.
    public var stepMs: UInt64
    public var minimumSteps: UInt32
    public var leastCharge: AnsweredMoney
    public var deposit: AnsweredMoney
    /// Account.
    public var provider: String
    /// In the kind of the resource, in millionths.
    public var providerStandingPpm: UInt32
    /// Id of the member on whose platform it is offered.
    public var platform: String
    public var publishedAt: AnsweredTime
}

/// What somebody looks for.
public struct RequestAnswer: Hashable, Sendable, Decodable {
    public var id: String
    public var title: String
    /// Account.
    public var customer: String
    /// Nil: any.
    public var kind: String?
    /// How far from its place at most; nil: any distance.
    public var radiusM: UInt32?
    public var start: AnsweredTime?
    public var durationMs: UInt64?
    public var quantity: UInt32
    public var unit: String
    /// What it may cost in all.
    public var budget: AnsweredMoney?
    public var expiresAt: AnsweredTime
    /// "open", "withdrawn", "expired" or "taken".
    public var state: String
    /// What came of it.
    public var agreement: String?

    /// To answer by.
    public var requestID: KoinonProtocol.RequestID? { KoinonProtocol.RequestID(text: id) }
}

/// What the members vote on.
public struct ProposalAnswer: Hashable, Sendable, Decodable {
    /// What would change.
    public struct Change: Hashable, Sendable, Decodable {
        /// As docs/openapi.yaml lists them: "set_parameter" and so on.
        public var kind: String
        /// The member, parameter, process, flag or protocol version.
        public var subject: String
        /// The new value, or a name.
        public var value: String?
    }

    public var id: String
    public var title: String
    public var change: Change
    /// Id of a member; nil when a flagged account appealed.
    public var proposer: String?
    public var closesAt: AnsweredTime
    /// "open", "adopted", "lapsed" or "failed".
    public var status: String
    /// Ids of members.
    public var yes: [String]
    public var no: [String]
    /// How many yes it needs.
    public var needed: Int
}

/// Something that a text names.
public struct FoundAnswer: Hashable, Sendable, Decodable {
    /// "account", "offer", "block" and so on.
    public var what: String
    /// Id, name or height, as the paths take it.
    public var id: String
    public var title: String?
}

/// A block, and what it holds.
public struct BlockAnswer: Hashable, Sendable, Decodable {
    public struct Transaction: Hashable, Sendable, Decodable {
        /// SHA-256 of the body, in hexadecimal.
        public var id: String
        public var leaf: Int
        /// 0: done.
        public var receiptCode: UInt32
    }

    public var height: UInt64
    /// Of its header, in hexadecimal, as the others.
    public var hash: String
    public var time: AnsweredTime
    /// A quorum has signed it or a later one.
    public var final: Bool
    public var epoch: UInt64
    public var parent: String
    /// Id of the member whose entry closed it; nil for genesis.
    public var proposer: String?
    public var stateRoot: String
    /// Ids of the members whose signature the node has.
    public var signedBy: [String]
    public var transactions: [Transaction]
}
