import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol

/// Opens accounts in the name of a member that this node hosts, and gives test money where
/// the member allows it: what a person needs who comes with nothing but a key.
public struct Joining: Sendable {
    public struct TestMoney: Sendable, Equatable {
        public var unit: String
        /// What each account gets, once, in the smallest part of the unit.
        public var amountMinor: UInt64

        public init(unit: String, amountMinor: UInt64) {
            self.unit = unit
            self.amountMinor = amountMinor
        }
    }

    /// How much is given away. Counted in memory: a restart begins anew; the alliance's own
    /// limits on sponsors hold in any case.
    public struct Limits: Sendable, Equatable {
        /// Accounts that one address may open in 24 hours.
        public var accountsPerAddress: Int
        /// Accounts opened for everybody in 24 hours.
        public var accounts: Int

        public init(accountsPerAddress: Int = 20, accounts: Int = 1_000) {
            self.accountsPerAddress = accountsPerAddress
            self.accounts = accounts
        }
    }

    public let member: MemberID
    public let testMoney: TestMoney?
    let limits: Limits
    let desk: JoiningDesk

    /// - Parameter key: an active key of the account through which the member acts.
    public init(
        member: MemberID, key: SigningKey, testMoney: TestMoney? = nil,
        limits: Limits = Limits(), node: Node
    ) {
        self.member = member
        self.testMoney = testMoney
        self.limits = limits
        desk = JoiningDesk(key: key, node: node)
    }
}

extension Joining {
    /// What the configuration says; nil when nobody joins here.
    ///
    /// - Parameter keys: the home's, among them the member's under its own name.
    /// - Throws: `HomeFault` or `KeyFileFault`, with the remedy.
    public init?(
        _ configuration: ServerConfiguration.Join, keys: KeyRing, node: Node
    ) throws {
        guard !configuration.member.isEmpty else { return nil }
        guard let member = MemberID(rawValue: configuration.member),
            node.hosted.contains(where: { $0.id == member })
        else {
            throw HomeFault(
                "join.member: this node does not host \"\(configuration.member)\"; name one of "
                    + node.hosted.map(\.id.rawValue).joined(separator: ", "))
        }
        let key = try keys.key(named: member.rawValue)
        var money: TestMoney?
        if !configuration.testUnit.isEmpty, configuration.testAmountMinor > 0 {
            money = TestMoney(
                unit: configuration.testUnit,
                amountMinor: UInt64(configuration.testAmountMinor))
        }
        self.init(
            member: member, key: key, testMoney: money, limits: configuration.limits, node: node)
    }
}

/// Signs for the member, one transaction after the other, so that no nonce is used twice.
actor JoiningDesk {
    private let node: Node
    private var builder: TransactionBuilder
    private var givenTo: Set<AccountID> = []

    /// Accounts remembered as having had test money; beyond it all are forgotten.
    private static let mostRemembered = 100_000

    init(key: SigningKey, node: Node) {
        self.node = node
        builder = TransactionBuilder(
            chain: node.chain, sender: node.genesis.accountID(of: key.publicKey), key: key,
            lifetimeMilliseconds: 600_000)
    }

    var account: AccountID { builder.sender }

    /// Sends one action and waits until its outcome is durable.
    func send(_ action: Action) async throws -> Verdict {
        let used = node.replica.read { replica in
            Accounts.highestNonce(
                of: builder.key.publicKey, for: builder.sender, in: replica.state)
        }
        builder.nextNonce = max(builder.nextNonce, used + 1)
        let now = max(node.now, node.replica.read { $0.header.time })
        let built = try builder.build([action], now: now)
        let statuses = await node.submit([built.envelope], waits: true)
        return Verdict(built.id, statuses[0])
    }

    /// Whether the account had not been given anything; it counts as given from now on.
    func claim(_ account: AccountID) -> Bool {
        if givenTo.count >= Self.mostRemembered { givenTo.removeAll() }
        return givenTo.insert(account).inserted
    }

    /// The gift did not come about.
    func giveBack(_ account: AccountID) { givenTo.remove(account) }
}
