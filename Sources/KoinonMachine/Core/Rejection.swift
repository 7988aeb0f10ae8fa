/// A module's list of conditions that an action may violate.
///
/// Codes are stable for ever: 100 times the module's number and up.
public protocol RejectionCode: RawRepresentable<UInt32>, CaseIterable, Sendable {
    /// What was violated and what the sender can do, in one sentence.
    var remedy: String { get }
}

extension RejectionCode {
    /// The name of the violated condition, as written in the module.
    public var name: String { String(describing: self) }
}

/// The domain says no: a value that ends in the receipt, not a fault.
///
/// It is thrown, typed, so that checks read as a list and nothing after a failed
/// one runs; `TransactionExecution` turns it into a receipt.
public struct Rejection: Error, Equatable, Sendable {
    public var code: UInt32
    public var name: String
    /// The field of the action that it is about, "" when none.
    public var field: String
    /// Short detail, for instance the name of a guard.
    public var detail: String

    public init(_ code: some RejectionCode, field: String = "", detail: String = "") {
        self.code = code.rawValue
        name = code.name
        self.field = field
        self.detail = detail
    }

    /// The same about a field that lies inside another, for instance "members[0]".
    func inside(_ outer: String) -> Rejection {
        var moved = self
        moved.field = field.isEmpty ? outer : "\(outer).\(field)"
        return moved
    }
}

/// What a code means, for people; the same for every interface.
public struct RejectionMeaning: Sendable {
    public var code: UInt32
    public var module: String
    public var name: String
    public var remedy: String
}
