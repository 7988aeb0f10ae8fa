import struct Foundation.Data
import KoinonLedger
import KoinonProtocol

/// Lost keys: a trusted account replaces them all, after a delay in which any key objects.
extension Accounts {
    static func setRecovery(_ action: SetRecovery, in context: Context) throws(Rejection) {
        var account = try unlimitedAccount(in: context)
        guard !account.hasPendingRecovery else {
            throw Rejection(AccountsRejection.recoveryPending)
        }
        if action.account.isEmpty {
            guard action.delayMs == 0 else {
                throw Rejection(AccountsRejection.badDelay, field: "delay_ms", detail: "0")
            }
        } else {
            try check(action, in: context)
        }
        account.recoveryAccount = action.account
        account.recoveryDelayMs = action.delayMs
        accounts.set(context.sender, account, in: context.state)
        var set = RecoverySet()
        set.account = Data(context.sender.bytes)
        set.recoveryAccount = action.account
        set.delayMs = action.delayMs
        context.emit(.recoverySet(set))
    }

    private static func check(_ action: SetRecovery, in context: Context) throws(Rejection) {
        guard let recovery = AccountID(action.account),
            accounts.contains(recovery, in: context.state)
        else { throw Rejection(AccountsRejection.unknownAccount, field: "account") }
        guard recovery != context.sender else {
            throw Rejection(AccountsRejection.recoveryByItself, field: "account")
        }
        let minimum = Alliance.parameters(in: context.state).recoveryDelayMinimumMs
        guard (minimum...maximumRecoveryDelayMilliseconds).contains(action.delayMs) else {
            throw Rejection(
                AccountsRejection.badDelay, field: "delay_ms",
                detail: "\(minimum) to \(maximumRecoveryDelayMilliseconds)")
        }
    }

    /// By the recovery account.
    static func startRecovery(_ action: StartRecovery, in context: Context) throws(Rejection) {
        _ = try unlimitedAccount(in: context)
        guard let id = AccountID(action.account), var account = account(id, in: context.state)
        else { throw Rejection(AccountsRejection.unknownAccount, field: "account") }
        guard AccountID(account.recoveryAccount) == context.sender else {
            throw Rejection(AccountsRejection.notRecoveryAccount, field: "account")
        }
        guard !account.hasPendingRecovery else {
            throw Rejection(AccountsRejection.recoveryPending, field: "account")
        }
        let key = try newKey(action.publicKey, for: id, account, in: context)
        var pending = PendingRecovery()
        pending.publicKey = Data(key.bytes)
        pending.dueMs = context.now.milliseconds + account.recoveryDelayMs
        account.pendingRecovery = pending
        accounts.set(id, account, in: context.state)
        setRecoveryTimer(of: id, due: pending.dueMs, in: context)
        var started = RecoveryStarted()
        started.account = Data(id.bytes)
        started.publicKey = pending.publicKey
        started.dueMs = pending.dueMs
        context.emit(.recoveryStarted(started))
    }

    /// By any current key of the account, limited ones too.
    static func cancelRecovery(in context: Context) throws(Rejection) {
        var (account, _) = try signer(in: context)
        guard account.hasPendingRecovery else {
            throw Rejection(AccountsRejection.noRecoveryPending)
        }
        cancelRecoveryTimer(of: context.sender, due: account.pendingRecovery.dueMs, in: context)
        account.clearPendingRecovery()
        accounts.set(context.sender, account, in: context.state)
        var cancelled = RecoveryCancelled()
        cancelled.account = Data(context.sender.bytes)
        context.emit(.recoveryCancelled(cancelled))
    }

    /// Nobody objected: the new key, without limits, replaces all others.
    static func completeRecovery(_ timer: TimerRecord, in context: Context) {
        guard let id = AccountID(timer.subject), var account = account(id, in: context.state),
            account.hasPendingRecovery
        else { preconditionFailure("a recovery is due for an account that has none pending") }
        let old = account.keys
        var key = AccountKey()
        key.publicKey = account.pendingRecovery.publicKey
        key.addedAtMs = context.now.milliseconds
        account.keys = [key]
        account.clearPendingRecovery()
        accounts.set(id, account, in: context.state)
        for key in old {
            guard let key = PublicKey(key.publicKey) else {
                preconditionFailure("an account has a key of another length")
            }
            revoke(key, of: id, in: context)
        }
        var completed = RecoveryCompleted()
        completed.account = timer.subject
        completed.publicKey = key.publicKey
        context.emit(.recoveryCompleted(completed))
    }
}
