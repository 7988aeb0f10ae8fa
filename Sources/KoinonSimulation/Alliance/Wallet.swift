import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol

/// The accounts of a simulated alliance's people and members, and the nonces they have used.
struct Wallet {
    struct Account {
        var id: AccountID
        var keyName: String
    }

    private let genesis: GenesisDocument
    private let timeMs: UInt64
    private var nonces: [String: UInt64] = [:]

    init(_ setting: AllianceSetting) throws {
        genesis = try setting.founding.genesis()
        timeMs = setting.timeMs
    }

    func id(_ member: String) -> MemberID {
        guard let id = MemberID(rawValue: member) else {
            preconditionFailure("\(member) is no member name")
        }
        return id
    }

    func account(ofMember member: String) -> Account {
        account(withKey: Setting.accountKey(of: member))
    }

    private func account(withKey name: String) -> Account {
        Account(id: genesis.accountID(of: KeyChest.key(name).publicKey), keyName: name)
    }

    /// A person, and the action by which the sponsor opens the account.
    func newAccount(_ number: Int, sponsor: String) -> (Account, Action) {
        let name = "person \(number)"
        let consent = AccountConsent.signed(
            by: KeyChest.key(name), chain: genesis.chain, sponsor: id(sponsor))
        return (account(withKey: name), .openAccount(consent: consent))
    }

    /// The id of what the account's next transaction proposes.
    func nextProposal(by account: Account) -> ProposalID {
        ProposalID(
            chain: genesis.chain, sender: account.id,
            key: KeyChest.key(account.keyName).publicKey,
            nonce: (nonces[account.keyName] ?? 0) + 1, actionIndex: 0)
    }

    /// - Parameter expiresInMs: from the alliance's beginning.
    mutating func transaction(
        _ actions: [Action], by account: Account, expiresInMs: UInt64
    ) -> TransactionStep {
        nonces[account.keyName, default: 0] += 1
        return TransactionStep(
            sender: account.id.bytes, key: account.keyName, nonce: nonces[account.keyName] ?? 0,
            expiresAtMs: timeMs + expiresInMs, actions: actions)
    }
}
