import Foundation
import KoinonLedger
import KoinonProtocol

/// Accounts with their keys, sponsors and used nonces.
struct AccountBook {
    struct Signature: Hashable {
        var account: AccountID
        var key: PublicKey
        init(_ account: AccountID, _ key: PublicKey) {
            self.account = account
            self.key = key
        }
    }

    struct Key {
        var key: PublicKey
        /// What it may spend a day, by unit; without any it may do everything.
        var limits: [(unit: String, perDay: UInt64)] = []
        /// What it spent of a unit, on the day on which it last did.
        var spent: [String: (day: UInt64, amount: UInt64)] = [:]
    }

    struct Row {
        var keys: [Key]
        var revoked: Set<PublicKey> = []
        var sponsors: [String]
        var requestedSponsor = ""
        var recoveryAccount: AccountID?
        var recoveryDelayMs: UInt64 = 0
        var pending: (key: PublicKey, dueMs: UInt64)?

        init(firstKey: PublicKey, sponsor: String) {
            keys = [Key(key: firstKey)]
            sponsors = [sponsor]
        }
    }

    struct Sponsor {
        var accounts: UInt64 = 0
        var day: UInt64 = 0
        var openedThatDay: UInt64 = 0
    }

    var accounts: [AccountID: Row] = [:]
    var sponsors: [String: Sponsor] = [:]
    /// Every nonce that a key used; forgotten when it is revoked, since it never returns.
    var nonces: [Signature: Set<UInt64>] = [:]

    func highestNonce(_ signature: Signature) -> UInt64 { nonces[signature]?.max() ?? 0 }

    /// Never used, at most 1,024 above the highest, and among the last 1,024 below it.
    func isFresh(_ nonce: UInt64, _ signature: Signature) -> Bool {
        let highest = highestNonce(signature)
        if nonce > highest { return nonce - highest <= 1_024 }
        return highest - nonce < 1_024 && nonces[signature]?.contains(nonce) != true
    }

    mutating func use(_ nonce: UInt64, _ signature: Signature) {
        nonces[signature, default: []].insert(nonce)
    }

    mutating func revoke(_ key: PublicKey, of account: AccountID) {
        accounts[account]?.revoked.insert(key)
        nonces[Signature(account, key)] = nil
    }
}

private enum Code {
    static let empty: UInt32 = 200
    static let notAMember: UInt32 = 201
    static let badConsent: UInt32 = 202
    static let otherChain: UInt32 = 203
    static let otherSponsor: UInt32 = 204
    static let badSignature: UInt32 = 205
    static let accountExists: UInt32 = 206
    static let sponsorFull: UInt32 = 207
    static let sponsorDayFull: UInt32 = 208
    static let signingKeyGone: UInt32 = 209
    static let unknownAccount: UInt32 = 223
    static let unknownMember: UInt32 = 228
    static let alreadySponsor: UInt32 = 229
    static let sponsorHistoryFull: UInt32 = 230
    static let notRequested: UInt32 = 231
    static let unitNotAllowed: UInt32 = 232
    static let dailyLimitExceeded: UInt32 = 233
}

extension ReferenceLedger {
    mutating func perform(_ action: AccountsAction) throws {
        switch action.action {
        case .openAccount(let action): try openAccount(action)
        case .addKey(let action): try addKey(action)
        case .rotateKey(let action): try rotateKey(action)
        case .revokeKey(let action): try revokeKey(action)
        case .setRecovery(let action): try setRecovery(action)
        case .startRecovery(let action): try startRecovery(action)
        case .cancelRecovery: try cancelRecovery()
        case .requestSponsor(let action): try requestSponsor(action)
        case .acceptSponsored(let action): try acceptSponsored(action)
        case nil: throw Refusal(Code.empty)
        }
    }

    private mutating func openAccount(_ action: OpenAccount) throws {
        guard let signer, let sponsor = alliance.member(actingAs: signer.account) else {
            throw Refusal(Code.notAMember)
        }
        guard let envelope = try? Envelope(action.consent),
            let consent = try? AccountConsent(strict: envelope.body)
        else { throw Refusal(Code.badConsent) }
        guard ChainID(consent.chain) == chain else { throw Refusal(Code.otherChain) }
        guard consent.sponsor == sponsor else { throw Refusal(Code.otherSponsor) }
        guard envelope.isAuthentic(as: .accountConsent) else { throw Refusal(Code.badSignature) }
        let id = AccountID(chain: chain, firstKey: envelope.publicKey)
        guard people.accounts[id] == nil else { throw Refusal(Code.accountExists) }
        try count(by: sponsor, opened: true)
        people.accounts[id] = AccountBook.Row(firstKey: envelope.publicKey, sponsor: sponsor)
    }

    private mutating func count(by member: String, opened: Bool) throws {
        var sponsor = people.sponsors[member] ?? AccountBook.Sponsor()
        guard sponsor.accounts < alliance.parameters.sponsorAccountsMaximum else {
            throw Refusal(Code.sponsorFull)
        }
        sponsor.accounts += 1
        if opened {
            let today = sponsor.day == now / Bounds.day ? sponsor.openedThatDay : 0
            guard today < alliance.parameters.sponsorAccountsPerDay else {
                throw Refusal(Code.sponsorDayFull)
            }
            sponsor.day = now / Bounds.day
            sponsor.openedThatDay = today + 1
        }
        people.sponsors[member] = sponsor
    }

    private mutating func requestSponsor(_ action: RequestSponsor) throws {
        let (account, row) = try unlimitedAccount()
        guard alliance.members[action.sponsor] != nil else { throw Refusal(Code.unknownMember) }
        guard row.sponsors.last != action.sponsor else { throw Refusal(Code.alreadySponsor) }
        guard row.sponsors.count < 64 else { throw Refusal(Code.sponsorHistoryFull) }
        people.accounts[account]?.requestedSponsor = action.sponsor
    }

    private mutating func acceptSponsored(_ action: AcceptSponsored) throws {
        guard let signer, let sponsor = alliance.member(actingAs: signer.account) else {
            throw Refusal(Code.notAMember)
        }
        guard let id = AccountID(action.account), let row = people.accounts[id] else {
            throw Refusal(Code.unknownAccount)
        }
        guard row.requestedSponsor == sponsor else { throw Refusal(Code.notRequested) }
        try count(by: sponsor, opened: false)
        if let before = row.sponsors.last { people.sponsors[before]?.accounts -= 1 }
        people.accounts[id]?.sponsors.append(sponsor)
        people.accounts[id]?.requestedSponsor = ""
    }

    /// Counts what the signing key lets go of, if it has limits.
    mutating func spend(_ amount: UInt64, _ unit: String, by payer: AccountID) throws {
        guard let signer, signer.account == payer else { return }
        guard let index = people.accounts[payer]?.keys.firstIndex(where: { $0.key == signer.key }),
            var key = people.accounts[payer]?.keys[index]
        else { throw Refusal(Code.signingKeyGone) }
        if key.limits.isEmpty { return }
        guard let limit = key.limits.first(where: { $0.unit == unit }) else {
            throw Refusal(Code.unitNotAllowed)
        }
        let today = now / Bounds.day
        let before = key.spent[unit].map { $0.day == today ? $0.amount : 0 } ?? 0
        guard before <= limit.perDay, amount <= limit.perDay - before else {
            throw Refusal(Code.dailyLimitExceeded)
        }
        key.spent[unit] = (today, before + amount)
        people.accounts[payer]?.keys[index] = key
    }
}
