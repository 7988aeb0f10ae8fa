import struct Foundation.Data
import KoinonLedger
import KoinonProtocol

/// Keys of the signing account.
extension Accounts {
    static func addKey(_ action: AddKey, in context: Context) throws(Rejection) {
        var account = try unlimitedAccount(in: context)
        let key = try newKey(action.publicKey, for: context.sender, account, in: context)
        guard account.keys.count < maximumKeys else {
            throw Rejection(AccountsRejection.tooManyKeys, field: "public_key")
        }
        try check(action.limits, in: context)
        var added = AccountKey()
        added.publicKey = Data(key.bytes)
        added.addedAtMs = context.now.milliseconds
        added.limits = action.limits
        added.spending = action.limits.map { limit in
            var spending = KeySpending()
            spending.unit = limit.unit
            return spending
        }
        account.keys.append(added)
        accounts.set(context.sender, account, in: context.state)
        emitAdded(key, to: context.sender, in: context)
    }

    /// The new key takes the place of the signing one, with its limits and what was spent.
    static func rotateKey(_ action: RotateKey, in context: Context) throws(Rejection) {
        var (account, index) = try signer(in: context)
        let key = try newKey(action.publicKey, for: context.sender, account, in: context)
        guard let old = PublicKey(account.keys[index].publicKey) else {
            preconditionFailure("an account has a key of another length")
        }
        account.keys[index].publicKey = Data(key.bytes)
        account.keys[index].addedAtMs = context.now.milliseconds
        account.keys[index].clearWindow()
        accounts.set(context.sender, account, in: context.state)
        emitAdded(key, to: context.sender, in: context)
        revoke(old, of: context.sender, in: context)
    }

    static func revokeKey(_ action: RevokeKey, in context: Context) throws(Rejection) {
        var account = try unlimitedAccount(in: context)
        guard let key = PublicKey(action.publicKey),
            let index = account.keys.firstIndex(where: { $0.publicKey == action.publicKey })
        else { throw Rejection(AccountsRejection.unknownKey, field: "public_key") }
        account.keys.remove(at: index)
        guard account.keys.contains(where: \.limits.isEmpty) else {
            throw Rejection(AccountsRejection.lastUnlimitedKey, field: "public_key")
        }
        accounts.set(context.sender, account, in: context.state)
        revoke(key, of: context.sender, in: context)
    }

    // MARK: Shared by key actions and recovery

    /// The signing account, and where its signing key stands.
    ///
    /// - Throws: `signingKeyGone` when an earlier action of the transaction removed it.
    static func signer(in context: Context) throws(Rejection) -> (account: Account, key: Int) {
        guard let account = account(context.sender, in: context.state),
            let index = account.keys.firstIndex(where: {
                PublicKey($0.publicKey) == context.signingKey
            })
        else { throw Rejection(AccountsRejection.signingKeyGone) }
        return (account, index)
    }

    /// The signing account, if the signing key may manage it.
    static func unlimitedAccount(in context: Context) throws(Rejection) -> Account {
        let (account, key) = try signer(in: context)
        guard account.keys[key].limits.isEmpty else {
            throw Rejection(AccountsRejection.limitedKey)
        }
        return account
    }

    /// A key that may become one of the account's.
    static func newKey(
        _ bytes: Data, for id: AccountID, _ account: Account, in context: Context
    ) throws(Rejection) -> PublicKey {
        guard let key = PublicKey(bytes), Ed25519.isValidPublicKey(key) else {
            throw Rejection(AccountsRejection.badKey, field: "public_key")
        }
        guard !account.keys.contains(where: { $0.publicKey == bytes }) else {
            throw Rejection(AccountsRejection.keyActive, field: "public_key")
        }
        guard !revokedKeys.contains(Key2(id, key), in: context.state) else {
            throw Rejection(AccountsRejection.keyRevoked, field: "public_key")
        }
        guard !account.hasPendingRecovery || account.pendingRecovery.publicKey != bytes else {
            throw Rejection(AccountsRejection.keyReserved, field: "public_key")
        }
        return key
    }

    private static func check(_ limits: [SpendLimit], in context: Context) throws(Rejection) {
        guard limits.count <= maximumLimits else {
            throw Rejection(AccountsRejection.tooManyLimits, field: "limits")
        }
        for (index, limit) in limits.enumerated() {
            guard Money.exists(limit.unit, in: context.state) else {
                throw Rejection(
                    AccountsRejection.limitUnitUnknown, field: "limits[\(index)].unit")
            }
            // Units are ASCII, so that Swift's order of strings is that of their bytes.
            guard index == 0 || limits[index - 1].unit < limit.unit else {
                throw Rejection(
                    AccountsRejection.limitsNotAscending, field: "limits[\(index)].unit")
            }
            guard limit.perDayMinor <= Amount.maximum.minor else {
                throw Rejection(
                    AccountsRejection.limitTooLarge, field: "limits[\(index)].per_day_minor")
            }
        }
    }

    /// Remembers for ever a key that the account's row has no more.
    static func revoke(_ key: PublicKey, of account: AccountID, in context: Context) {
        var row = RevokedKey()
        row.revokedAtMs = context.now.milliseconds
        revokedKeys.set(Key2(account, key), row, in: context.state)
        var revoked = KeyRevoked()
        revoked.account = Data(account.bytes)
        revoked.publicKey = Data(key.bytes)
        context.emit(.keyRevoked(revoked))
    }

    private static func emitAdded(_ key: PublicKey, to account: AccountID, in context: Context) {
        var added = KeyAdded()
        added.account = Data(account.bytes)
        added.publicKey = Data(key.bytes)
        context.emit(.keyAdded(added))
    }
}
