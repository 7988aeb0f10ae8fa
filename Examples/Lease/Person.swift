import KoinonClient
import KoinonLedger
import KoinonProtocol

/// Somebody with a key of the moment. `KeyRing` and `KeyFile` keep keys in files.
final class Person {
    let name: String
    let node: NodeClient
    private(set) var builder: TransactionBuilder

    var account: AccountID { builder.sender }

    private init(_ name: String, _ node: NodeClient, _ builder: TransactionBuilder) {
        self.name = name
        self.node = node
        self.builder = builder
    }

    /// Makes a key, and has the member through which people join open an account for it.
    static func join(
        _ name: String, through node: NodeClient, _ status: NodeStatus
    ) async throws -> Person {
        guard let chain = ChainID(hex: status.chain), let id = status.joinMember,
            let member = MemberID(rawValue: id)
        else { throw Trouble("nobody joins through the node: set join.member, or ask another one") }
        let key = SigningKey.generate()
        try await node.join(consent: AccountConsent.signed(by: key, chain: chain, sponsor: member))
        let account = AccountID(chain: chain, firstKey: key.publicKey)
        Lease.tell("joined", "\(name) through \(id): \(account.text)")
        return Person(name, node, TransactionBuilder(chain: chain, sender: account, key: key))
    }

    func takeTestMoney() async throws {
        try await node.takeTestMoney(for: account)
        Lease.tell("money", "\(name) has \(try await money())")
    }

    func money() async throws -> String {
        let amounts = try await node.balances(of: account)
        return amounts.isEmpty
            ? "nothing" : amounts.map { "\($0.text) \($0.unit)" }.joined(separator: ", ")
    }

    /// Signs, sends, and waits until a quorum of members has signed the block that has it.
    func send(_ actions: [Action]) async throws {
        let now = try await node.status().ledgerNow
        let built = try builder.build(actions, now: now)
        let submission = try await node.submit(built.envelope, wait: .final)
        guard submission.status == .done else {
            throw Trouble(
                "\(name)'s transaction is \(submission.status.rawValue): \(submission.message)")
        }
    }
}
