import KoinonLedger
import KoinonProtocol

/// What one action or timer may see and change.
///
/// A class, because modules hand it on to each other many times; it is used by one
/// thread only and never outlives the block.
public final class Context {
    /// Who acts: a key of an account, or the ledger itself.
    public enum Origin: Sendable {
        case transaction(sender: AccountID, key: PublicKey, nonce: UInt64)
        case timer
        case genesis
    }

    public let state: StateOverlay
    public let chain: ChainID
    public let height: Height
    /// Hash of the header before the block; nobody knew it before that block was closed.
    public let parent: Hash256
    /// Time of the block, for timers too.
    public let blockTime: Timestamp
    // One thread uses a context, so looking for overlapping access at run time finds nothing.

    /// The block's time; for a timer the moment it was due, from which its effects are reckoned.
    @exclusivity(unchecked) public internal(set) var now: Timestamp
    @exclusivity(unchecked) public internal(set) var origin: Origin
    /// Position of the running action in its transaction.
    @exclusivity(unchecked) public internal(set) var actionIndex = 0
    @exclusivity(unchecked) private(set) var events: [Event] = []

    /// - Parameter blockTime: nil when it is `now`.
    init(
        state: StateOverlay, chain: ChainID, height: Height, parent: Hash256 = .zero,
        blockTime: Timestamp? = nil, now: Timestamp, origin: Origin
    ) {
        self.state = state
        self.chain = chain
        self.height = height
        self.parent = parent
        self.blockTime = blockTime ?? now
        self.now = now
        self.origin = origin
    }

    /// Records what happened, right after the change.
    func emit(_ event: Event.OneOf_Module) {
        var wrapped = Event()
        wrapped.module = event
        events.append(wrapped)
    }

    func takeEvents() -> [Event] {
        defer { events = [] }
        return events
    }

    /// Runs `body` whole or not at all: a rejection leaves neither rows nor events of it.
    func whole(_ body: (Context) throws(Rejection) -> Void) throws(Rejection) {
        let savepoint = state.savepoint
        let eventCount = events.count
        do throws(Rejection) {
            try body(self)
        } catch {
            state.rollBack(to: savepoint)
            events.removeSubrange(eventCount...)
            throw error
        }
    }

    /// Finds out whether `body` would be rejected; nothing of it stays either way.
    func trial(_ body: (Context) throws(Rejection) -> Void) throws(Rejection) {
        let savepoint = state.savepoint
        let eventCount = events.count
        defer {
            state.rollBack(to: savepoint)
            events.removeSubrange(eventCount...)
        }
        try body(self)
    }

    /// The account that signed; only actions ask for it.
    var sender: AccountID {
        guard case .transaction(let sender, _, _) = origin else {
            preconditionFailure("a timer has no sender")
        }
        return sender
    }

    /// The key that signed; nil when a timer acts.
    var signingKey: PublicKey? {
        guard case .transaction(_, let key, _) = origin else { return nil }
        return key
    }

    /// The id of what the running action creates. Depends on sender, key, nonce and
    /// position only, so the client knows it before sending.
    func newID<Kind>(_ kind: Kind.Type = Kind.self) -> Identifier<Kind> {
        guard case .transaction(let sender, let key, let nonce) = origin else {
            preconditionFailure("only actions create things with ids")
        }
        return Identifier(
            chain: chain, sender: sender, key: key, nonce: nonce, actionIndex: actionIndex)
    }
}
