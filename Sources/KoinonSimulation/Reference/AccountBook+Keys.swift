import Foundation
import KoinonLedger
import KoinonProtocol

private enum Code {
    static let signingKeyGone: UInt32 = 209
    static let limitedKey: UInt32 = 210
    static let badKey: UInt32 = 211
    static let keyActive: UInt32 = 212
    static let keyRevoked: UInt32 = 213
    static let keyReserved: UInt32 = 214
    static let tooManyKeys: UInt32 = 215
    static let tooManyLimits: UInt32 = 216
    static let limitUnitUnknown: UInt32 = 217
    static let limitsNotAscending: UInt32 = 218
    static let limitTooLarge: UInt32 = 219
    static let unknownKey: UInt32 = 220
    static let lastUnlimitedKey: UInt32 = 221
    static let recoveryPending: UInt32 = 222
    static let unknownAccount: UInt32 = 223
    static let recoveryByItself: UInt32 = 224
    static let badDelay: UInt32 = 225
    static let notRecoveryAccount: UInt32 = 226
    static let noRecoveryPending: UInt32 = 227
}

/// Keys that come and go, and what happens when all are lost.
extension ReferenceLedger {
    /// The signing account and its signing key.
    private func signing() throws -> (AccountID, AccountBook.Row, AccountBook.Key) {
        guard let signer, let row = people.accounts[signer.account],
            let key = row.keys.first(where: { $0.key == signer.key })
        else { throw Refusal(Code.signingKeyGone) }
        return (signer.account, row, key)
    }

    func unlimitedAccount() throws -> (AccountID, AccountBook.Row) {
        let (account, row, key) = try signing()
        guard key.limits.isEmpty else { throw Refusal(Code.limitedKey) }
        return (account, row)
    }

    private func newKey(_ bytes: Data, for row: AccountBook.Row) throws -> PublicKey {
        guard let key = PublicKey(bytes), Ed25519.isValidPublicKey(key) else {
            throw Refusal(Code.badKey)
        }
        if row.keys.contains(where: { $0.key == key }) { throw Refusal(Code.keyActive) }
        if row.revoked.contains(key) { throw Refusal(Code.keyRevoked) }
        if row.pending?.key == key { throw Refusal(Code.keyReserved) }
        return key
    }

    mutating func addKey(_ action: AddKey) throws {
        let (account, row) = try unlimitedAccount()
        let key = try newKey(action.publicKey, for: row)
        guard row.keys.count < 16 else { throw Refusal(Code.tooManyKeys) }
        guard action.limits.count <= 8 else { throw Refusal(Code.tooManyLimits) }
        var last = ""
        for limit in action.limits {
            guard money.units[limit.unit] != nil else { throw Refusal(Code.limitUnitUnknown) }
            guard last.utf8.lexicographicallyPrecedes(limit.unit.utf8) else {
                throw Refusal(Code.limitsNotAscending)
            }
            guard limit.perDayMinor <= Bounds.largestAmount else {
                throw Refusal(Code.limitTooLarge)
            }
            last = limit.unit
        }
        people.accounts[account]?.keys.append(
            AccountBook.Key(key: key, limits: action.limits.map { ($0.unit, $0.perDayMinor) }))
    }

    mutating func rotateKey(_ action: RotateKey) throws {
        let (account, row, old) = try signing()
        let key = try newKey(action.publicKey, for: row)
        guard let index = row.keys.firstIndex(where: { $0.key == old.key }) else { return }
        people.accounts[account]?.keys[index].key = key
        people.revoke(old.key, of: account)
    }

    mutating func revokeKey(_ action: RevokeKey) throws {
        let (account, row) = try unlimitedAccount()
        guard let key = PublicKey(action.publicKey), row.keys.contains(where: { $0.key == key })
        else { throw Refusal(Code.unknownKey) }
        let rest = row.keys.filter { $0.key != key }
        guard rest.contains(where: \.limits.isEmpty) else { throw Refusal(Code.lastUnlimitedKey) }
        people.accounts[account]?.keys = rest
        people.revoke(key, of: account)
    }

    mutating func setRecovery(_ action: SetRecovery) throws {
        let (account, row) = try unlimitedAccount()
        guard row.pending == nil else { throw Refusal(Code.recoveryPending) }
        if action.account.isEmpty {
            guard action.delayMs == 0 else { throw Refusal(Code.badDelay) }
        } else {
            guard let other = AccountID(action.account), people.accounts[other] != nil else {
                throw Refusal(Code.unknownAccount)
            }
            guard other != account else { throw Refusal(Code.recoveryByItself) }
            let shortest = alliance.parameters.recoveryDelayMinimumMs
            guard action.delayMs >= shortest, action.delayMs <= 365 * Bounds.day else {
                throw Refusal(Code.badDelay)
            }
        }
        people.accounts[account]?.recoveryAccount = AccountID(action.account)
        people.accounts[account]?.recoveryDelayMs = action.delayMs
    }

    mutating func startRecovery(_ action: StartRecovery) throws {
        let (sender, _) = try unlimitedAccount()
        guard let id = AccountID(action.account), let row = people.accounts[id] else {
            throw Refusal(Code.unknownAccount)
        }
        guard row.recoveryAccount == sender else { throw Refusal(Code.notRecoveryAccount) }
        guard row.pending == nil else { throw Refusal(Code.recoveryPending) }
        let key = try newKey(action.publicKey, for: row)
        let due = now + row.recoveryDelayMs
        people.accounts[id]?.pending = (key, due)
        timers.set(ReferenceTimer(due: due, module: 2, kind: 1, subject: id.bytes))
    }

    mutating func cancelRecovery() throws {
        let (account, row, _) = try signing()
        guard row.pending != nil else { throw Refusal(Code.noRecoveryPending) }
        people.accounts[account]?.pending = nil
        timers.cancelAll(module: 2, subject: account.bytes)
    }

    mutating func completeRecovery(_ timer: ReferenceTimer) throws {
        guard let id = AccountID(timer.subject), let row = people.accounts[id],
            let pending = row.pending
        else { throw Unsure() }
        people.accounts[id]?.keys = [AccountBook.Key(key: pending.key)]
        people.accounts[id]?.pending = nil
        for key in row.keys { people.revoke(key.key, of: id) }
    }
}
