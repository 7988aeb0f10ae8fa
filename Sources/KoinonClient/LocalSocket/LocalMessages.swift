import Foundation
import KoinonLedger
import KoinonProtocol

/// What a program on the same machine may ask of a node: one request a connection.
///
/// Reading needs no socket: the ledger may be opened for reading beside a running node.
public enum LocalRequest: Hashable, Sendable {
    case status
    /// Signed transactions, taken in this order.
    ///
    /// - `waitsUntilDurable`: answer only when each is refused, ignored or durable in a
    ///   block; otherwise when each is refused or waits in the pool.
    case submit([Envelope], waitsUntilDurable: Bool)
}

public enum LocalResponse: Hashable, Sendable {
    case status(LocalStatus)
    /// One for each transaction, in the order sent.
    case submitted([LocalSubmission])
    /// The request as a whole failed, with the reason and the remedy.
    case failed(String)
}

/// How far a node is.
public struct LocalStatus: Hashable, Sendable, Codable {
    public var chain: String
    public var allianceName: String
    public var height: UInt64
    public var finalHeight: UInt64
    /// Time of the last block.
    public var timeMilliseconds: UInt64
    /// What the node believes the time to be; expiry counts from here.
    public var nowMilliseconds: UInt64
    /// The members that the node signs for.
    public var hostedMembers: [String]

    public init(
        chain: ChainID, allianceName: String, height: Height, finalHeight: Height,
        time: Timestamp, now: Timestamp,
        hostedMembers: [MemberID]
    ) {
        self.chain = chain.hex
        self.allianceName = allianceName
        self.height = height.rawValue
        self.finalHeight = finalHeight.rawValue
        timeMilliseconds = time.milliseconds
        nowMilliseconds = now.milliseconds
        self.hostedMembers = hostedMembers.map(\.rawValue)
    }

    enum CodingKeys: String, CodingKey {
        case chain, height
        case allianceName = "alliance"
        case finalHeight = "final_height"
        case timeMilliseconds = "time_ms"
        case nowMilliseconds = "now_ms"
        case hostedMembers = "hosts"
    }
}

/// What became of one transaction that was sent.
public struct LocalSubmission: Hashable, Sendable, Codable {
    public enum Outcome: String, Hashable, Sendable, Codable {
        /// Not taken; it leaves no trace.
        case refused
        /// Waits for a block.
        case pending
        case done
        /// In a block, with a receipt that says which condition was violated.
        case rejected
        /// In an entry, without effect.
        case ignored
        /// Nobody knows yet: look it up by its id before sending it again.
        case unknown
    }

    /// SHA-256 of the body, in hex.
    public var id: String
    public var outcome: Outcome
    /// Of the block that holds it.
    public var height: UInt64?
    /// Name of the refusal, rejection or reason for ignoring; nil when done or pending.
    public var reason: String?
    /// The same for people, with the remedy.
    public var message: String?

    public init(
        id: Hash256, outcome: Outcome, height: Height? = nil, reason: String? = nil,
        message: String? = nil
    ) {
        self.id = id.hex
        self.outcome = outcome
        self.height = height?.rawValue
        self.reason = reason
        self.message = message
    }
}
