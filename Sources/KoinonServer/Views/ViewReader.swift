import Foundation
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol

/// One consistent look at the ledger: the state after one block, and which one that is.
///
/// Lives inside one `SharedReplica.read`, during which no block takes its place: a view
/// made from it should read tens of rows, not thousands. What needs more is in the index.
public final class ViewReader {
    public let state: CommittedState
    public let chain: ChainID
    public let height: Height
    /// The highest block that a quorum has signed.
    public let finalHeight: Height
    /// Of that block.
    public let time: Timestamp
    /// The members who judge the next block.
    public let members: MemberSet
    private let view: ReplicaView
    private var scales: [String: Int] = [:]
    private var processes: [String: ProcessDefinition] = [:]

    init(_ view: ReplicaView, finalHeight: Height) {
        self.view = view
        self.finalHeight = finalHeight
        state = view.state
        chain = view.chain
        height = view.header.height
        time = view.header.time
        members = view.members
    }

    /// Where trials take place: right after the last block.
    public var moment: Agreements.Moment { moment(at: time) }

    /// - Parameter time: of the next block; the last block's if that is later.
    public func moment(at time: Timestamp) -> Agreements.Moment {
        Agreements.Moment(chain: chain, height: height.next, now: max(time, self.time))
    }

    /// What a member's clock said last, in the order.
    func lastClock(of member: MemberID) -> Timestamp { view.lastClock(of: member) }

    // MARK: Values

    /// Decimal places of a unit; 0 when there is none of that name.
    public func scale(of unit: String) -> Int {
        if let scale = scales[unit] { return scale }
        let scale = Int(Money.unit(unit, in: state)?.scale ?? 0)
        scales[unit] = scale
        return scale
    }

    /// Of the member that acts through an account, if one does.
    func memberName(of account: String) -> String? {
        AccountID(text: account)
            .flatMap { Alliance.memberID(actingAs: $0, in: state) }
            .flatMap { Alliance.member($0, in: state)?.name }
    }

    /// What people call a kind of things; its own name where it has no title.
    func kindTitle(_ kind: String) -> String { Resources.kind(kind, in: state)?.title ?? kind }

    /// Decoded once, since lists ask for the same one again and again.
    func process(_ id: String) -> ProcessDefinition? {
        if let process = processes[id] { return process }
        let process = Agreements.process(id, in: state)
        processes[id] = process
        return process
    }

    public func money(_ minor: UInt64, _ unit: String) -> MoneyView {
        MoneyView(minor: minor, unit: unit, scale: scale(of: unit))
    }

    /// Text of an id field; nil when it is empty.
    func text<Kind: IdentifierKind>(_ bytes: Data, _: Kind.Type) -> String? {
        Identifier<Kind>(bytes)?.text
    }

    func account(_ bytes: Data) -> String? { text(bytes, AccountKind.self) }

    /// Hexadecimal text of a hash field; nil when it is empty.
    func hash(_ bytes: Data) -> String? { bytes.isEmpty ? nil : Hex.encode(bytes) }

    /// A resource by id and title.
    func resource(_ bytes: Data) -> NamedView? {
        ResourceID(bytes).map { id in
            NamedView(id: id.text, title: Resources.resource(id, in: state)?.title ?? "")
        }
    }

    func offer(_ bytes: Data) -> NamedView? {
        OfferID(bytes).map { id in
            NamedView(id: id.text, title: Market.offer(id, in: state)?.terms.title ?? "")
        }
    }

    // MARK: Answers

    public func answer<Value>(_ value: Value) -> Reading<Value> {
        Reading(
            height: height.rawValue, finalHeight: finalHeight.rawValue, time: TimeView(time),
            value: value)
    }

    public func page<Row>(_ rows: [Row], next: String? = nil) -> ListPage<Row> {
        ListPage(
            height: height.rawValue, finalHeight: finalHeight.rawValue, time: TimeView(time),
            rows: rows, next: next)
    }
}

extension Node {
    /// Reads the ledger after its last block. Keep it short: blocks wait meanwhile.
    public func look<Result: Sendable>(
        _ body: (ViewReader) throws -> Result
    ) rethrows -> Result {
        let finalHeight = finalHeight
        return try replica.read { try body(ViewReader($0, finalHeight: finalHeight)) }
    }
}

/// Hexadecimal key of a state row, for which a proof can be asked.
func stateKeyText(_ key: [UInt8]) -> String { Hex.encode(key) }
