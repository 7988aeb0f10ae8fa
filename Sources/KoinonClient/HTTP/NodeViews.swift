import KoinonProtocol

/// One thing as the ledger has it, and the block after which it is so.
public struct AnsweredThing<Value: Decodable & Sendable>: Decodable, Sendable {
    public var height: UInt64
    /// The highest block that a quorum has signed.
    public var finalHeight: UInt64
    public var time: AnsweredTime
    public var value: Value

    /// A quorum has signed the block, or a later one.
    public var isFinal: Bool { height <= finalHeight }
}

/// Part of a list, and the block after which it is so.
public struct AnsweredList<Row: Decodable & Sendable>: Decodable, Sendable {
    public var height: UInt64
    /// The highest block that a quorum has signed.
    public var finalHeight: UInt64
    public var time: AnsweredTime
    public var rows: [Row]
    /// Give it as `cursor` for what follows; nil at the end.
    public var next: String?

    /// A quorum has signed the block, or a later one.
    public var isFinal: Bool { height <= finalHeight }
}

/// Money as answers write it.
public struct AnsweredMoney: Hashable, Sendable, Decodable {
    /// In the smallest part of the unit, as decimal digits.
    public var minor: String
    public var unit: String
    /// With the unit's decimal places: "1.23".
    public var text: String

    /// 0 when the node wrote no number.
    public var amount: Amount { Amount(minor: UInt64(minor) ?? 0) }
}

/// An id together with what people call it.
public struct AnsweredName: Hashable, Sendable, Decodable {
    public var id: String
    public var title: String
}

/// A kind of thing that can be shared.
public struct KindAnswer: Hashable, Sendable, Decodable {
    public var kind: String
    public var title: String
}

/// A member of the alliance.
public struct MemberAnswer: Hashable, Sendable, Decodable {
    public var id: String
    public var name: String
    /// 64 hexadecimal digits.
    public var nodeKey: String
    /// When that key was registered.
    public var nodeKeySince: AnsweredTime
    public var admittedAt: AnsweredTime
    /// Through which it acts.
    public var account: String
}

/// An offer in a list of results.
public struct OfferAnswer: Hashable, Sendable, Decodable {
    public var id: String
    public var title: String
    public var resource: AnsweredName
    public var kind: String
    public var provider: String
    public var providerStandingPpm: UInt32
    /// Id of the member on whose platform it is offered.
    public var platform: String
    /// For each step begun.
    public var price: AnsweredMoney
    public var stepMs: UInt64
    public var leastCharge: AnsweredMoney
    public var deposit: AnsweredMoney
    /// From the place that was asked for, in metres.
    public var distanceM: Double?

    /// To book by.
    public var offerID: OfferID? { OfferID(text: id) }
}

/// An agreement: where it stands, and what can happen next.
public struct AgreementAnswer: Sendable, Decodable {
    public struct State: Hashable, Sendable, Decodable {
        public var name: String
        public var title: String
        public var isFinal: Bool
    }
    public struct Party: Hashable, Sendable, Decodable {
        public var role: String
        public var account: String
    }
    /// Something that can happen next, by a party or by a timer.
    public struct Step: Sendable, Decodable {
        /// The verb to send.
        public var name: String
        /// Whether it would be taken now.
        public var allowed: Bool
    }

    public var id: String
    public var offer: AnsweredName
    public var parties: [Party]
    public var state: State
    /// Set aside now.
    public var held: AnsweredMoney
    /// What it paid to others than the opener, once it is settled.
    public var settled: AnsweredMoney?
    public var next: [Step]
}

/// What an account has of one unit.
public struct BalanceAnswer: Hashable, Sendable, Decodable {
    public var amount: AnsweredMoney
}

/// What is believed of an account, in millionths (docs/reputation.md).
public struct StandingAnswer: Hashable, Sendable, Decodable {
    public var standingPpm: UInt32
    /// Of an account of which nothing is known.
    public var newcomerPpm: UInt32
}
