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

    /// - Parameter key: an active key of the account through which the member acts; asked for
    ///   whenever something is to be signed, so that another one may take its place meanwhile.
    public init(
        member: MemberID, key: @escaping @Sendable () throws -> SigningKey,
        testMoney: TestMoney? = nil, limits: Limits = Limits(), node: Node
    ) {
        self.member = member
        self.testMoney = testMoney
        self.limits = limits
        desk = JoiningDesk(member: member, key: key, node: node)
    }
}

extension Joining {
    /// What the configuration says; nil when nobody joins here.
    ///
    /// - Parameter keys: the home's, among them the member's under its own name; read anew for
    ///   everything that is signed.
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
        // At the start, when somebody is there to read what is wrong with it.
        _ = try keys.key(named: member.rawValue)
        var money: TestMoney?
        if !configuration.testUnit.isEmpty, configuration.testAmountMinor > 0 {
            money = TestMoney(
                unit: configuration.testUnit,
                amountMinor: UInt64(configuration.testAmountMinor))
        }
        self.init(
            member: member, key: { try keys.key(named: member.rawValue) }, testMoney: money,
            limits: configuration.limits, node: node)
    }
}

/// Signs for the member, one transaction after the other, so that no nonce is used twice.
actor JoiningDesk {
    private let member: MemberID
    private let key: @Sendable () throws -> SigningKey
    private let node: Node
    /// With the key that signed last.
    private var builder: TransactionBuilder?
    private var givenTo: Set<AccountID> = []

    /// Accounts remembered as having had test money; beyond it all are forgotten.
    private static let mostRemembered = 100_000

    init(member: MemberID, key: @escaping @Sendable () throws -> SigningKey, node: Node) {
        self.member = member
        self.key = key
        self.node = node
    }

    /// Through which the member acts, whatever its keys are; nil when it is no member any more.
    nonisolated var account: AccountID? {
        node.replica.read { Alliance.account(of: member, in: $0.state) }
    }

    /// Sends one action and waits until its outcome is durable.
    ///
    /// - Throws: `Problem` when the member is none any more; `KeyFileFault`.
    func send(_ action: Action) async throws -> Verdict {
        guard let account else {
            throw Problem.joiningClosed("\(member) is no member of the alliance any more")
        }
        var builder = try builder(for: account)
        let used = node.replica.read { replica in
            Accounts.highestNonce(of: builder.key.publicKey, for: account, in: replica.state)
        }
        builder.nextNonce = max(builder.nextNonce, used + 1)
        let now = max(node.now, node.replica.read { $0.header.time })
        let built = try builder.build([action], now: now)
        self.builder = builder
        let statuses = await node.submit([built.envelope], waits: true)
        return Verdict(built.id, statuses[0])
    }

    /// Goes on with the nonces of the one before while key and account are the same.
    private func builder(for account: AccountID) throws -> TransactionBuilder {
        let key = try key()
        if let builder, builder.sender == account, builder.key.publicKey == key.publicKey {
            return builder
        }
        return TransactionBuilder(
            chain: node.chain, sender: account, key: key, lifetimeMilliseconds: 600_000)
    }

    /// Whether the account had not been given anything; it counts as given from now on.
    func claim(_ account: AccountID) -> Bool {
        if givenTo.count >= Self.mostRemembered { givenTo.removeAll() }
        return givenTo.insert(account).inserted
    }

    /// The gift did not come about.
    func giveBack(_ account: AccountID) { givenTo.remove(account) }
}
