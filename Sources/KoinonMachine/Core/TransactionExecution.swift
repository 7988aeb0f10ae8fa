import KoinonLedger
import KoinonProtocol

/// Why a transaction in a block has no effect and no receipt: it stands in its entry only.
public enum IgnoredReason: String, Sendable, CaseIterable {
    case keyNotActive
    case expired
    case expiresTooFarAhead
    case replayed
    case alreadyInBlock

    public var remedy: String {
        switch self {
        case .keyNotActive: "the key is not active for the sender; sign with a current key"
        case .expired: "it expired before a block took it; sign again with a later expires_at_ms"
        case .expiresTooFarAhead: "expires_at_ms lies more than 24 h ahead; choose an earlier one"
        case .replayed: "the nonce was used before or is out of the window; take the next nonce"
        case .alreadyInBlock: "the same transaction stands in a block already; nothing to do"
        }
    }
}

/// Runs timers and transactions against the state of one block.
struct TransactionExecution {
    let modules: ModuleList
    let state: StateOverlay
    let chain: ChainID
    let height: Height
    /// Hash of the header before the block.
    let parent: Hash256
    let time: Timestamp

    /// Why the state ignores the transaction, or nil when it will be executed.
    ///
    /// In the order in which ``IgnoredReason`` lists them; reads only.
    static func ignoredReason(
        _ transaction: CheckedTransaction, at time: Timestamp, in state: some StateReader,
        isSpent: (Hash256) -> Bool
    ) -> IgnoredReason? {
        let body = transaction.body
        guard
            let key = Accounts.signingKey(transaction.key, of: transaction.sender, in: state)
        else { return .keyNotActive }
        guard body.expiresAtMs >= time.milliseconds else { return .expired }
        guard body.expiresAtMs - time.milliseconds <= TransactionLimits.lifetimeMilliseconds else {
            return .expiresTooFarAhead
        }
        guard key.isFresh(body.nonce) else { return .replayed }
        return isSpent(transaction.id) ? .alreadyInBlock : nil
    }

    /// Executes one transaction whose use of the nonce is settled: all actions or none.
    func execute(_ transaction: CheckedTransaction) -> Receipt {
        let body = transaction.body
        Accounts.useNonce(body.nonce, sender: transaction.sender, key: transaction.key, in: state)

        let context = Context(
            state: state, chain: chain, height: height, parent: parent, now: time,
            origin: .transaction(
                sender: transaction.sender, key: transaction.key, nonce: body.nonce))
        return receipt(from: context) { context throws(Rejection) in
            for (index, action) in body.actions.enumerated() {
                context.actionIndex = index
                guard
                    let module = Modules.number(of: action).flatMap({ modules.module(numbered: $0) }
                    )
                else {
                    preconditionFailure("checked transactions have no empty actions")
                }
                try module.apply(action, in: context)
            }
        }
    }

    /// Executes one due timer; its effects are reckoned from the moment it was due.
    func execute(_ timer: TimerRecord) -> Receipt {
        let context = Context(
            state: state, chain: chain, height: height, parent: parent, blockTime: time,
            now: Timestamp(milliseconds: timer.dueMs), origin: .timer)
        return receipt(from: context) { context throws(Rejection) in
            guard let module = modules.module(numbered: timer.module) else {
                preconditionFailure("a timer names module \(timer.module), which is none")
            }
            try module.fire(timer, in: context)
        }
    }

    private func receipt(
        from context: Context, _ run: (Context) throws(Rejection) -> Void
    ) -> Receipt {
        let savepoint = state.savepoint
        var receipt = Receipt()
        do throws(Rejection) {
            try run(context)
            receipt.events = context.takeEvents()
        } catch {
            state.rollBack(to: savepoint)
            receipt.code = error.code
            receipt.actionIndex = UInt32(context.actionIndex)
            receipt.field = error.field
            receipt.detail = error.detail
        }
        return receipt
    }
}
