import KoinonLedger
import KoinonProtocol

/// A moment as answers write it.
public struct AnsweredTime: Hashable, Sendable, Codable {
    public var ms: UInt64
    /// RFC 3339.
    public var text: String
    public var timestamp: Timestamp { Timestamp(milliseconds: ms) }
}

/// What became of a transaction that was sent.
public struct Submission: Hashable, Sendable, Codable {
    public enum Status: String, Hashable, Sendable, Codable {
        /// Waits for a block, or its outcome is not known.
        case pending
        /// Not taken; it leaves no trace.
        case refused
        /// In an entry, without effect.
        case ignored
        case done
        /// In a block, with a receipt that says which condition was violated.
        case rejected
        /// Its time ran out before a block took it.
        case expired
    }

    /// SHA-256 of the body, in hex.
    public var id: String
    public var status: Status
    /// Of the block that holds it.
    public var height: UInt64?
    public var leaf: Int?
    public var final: Bool?
    /// Name of the refusal, rejection or reason for ignoring; nil when done or on its way.
    public var code: String?
    /// The same for people.
    public var meaning: String?
    /// The part of the transaction that it is about.
    public var field: String?
    public var remedy: String?

    public init(
        id: Hash256, status: Status, height: Height? = nil, code: String? = nil,
        meaning: String? = nil, remedy: String? = nil
    ) {
        self.id = id.hex
        self.status = status
        self.height = height?.rawValue
        self.code = code
        self.meaning = meaning
        self.remedy = remedy
    }

    /// Why, where and what to do, in a line; empty when there is nothing to say.
    public var message: String {
        let place = field.map { " (\($0))" } ?? ""
        return [meaning.map { $0 + place }, remedy].compactMap { $0 }.joined(separator: "; ")
    }
}
