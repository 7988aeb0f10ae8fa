import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import KoinonStore

/// A home whose block 0 holds a crowd of accounts with money, each of which has sent one
/// transaction before.
///
/// Opening a million accounts by transactions would take longer than all measurements
/// together, so the rows are loaded as if genesis had made them. A node cannot tell the
/// difference; `koinon verify` can, since the genesis document does not say so.
public struct PreparedLedger: Sendable {
    public static let member = MemberID(rawValue: "bench")
    public static let unit = "usd"
    /// What each account has at first, in the smallest part of the unit.
    public static let balance = Amount(minor: 1_000_000)
    /// The first nonce that an account has not used.
    public static let nextNonce: UInt64 = 2

    public let home: NodeHome
    public let accounts: Int
    public let genesis: GenesisDocument
    /// The member's own account, which issued the money.
    public let staff: SigningKey

    /// - Parameter progress: called with the number of accounts made so far.
    public init(
        at directory: URL, accounts: Int, now: Timestamp = SystemClock().now,
        progress: (Int) -> Void = { _ in }
    ) throws {
        guard let member = Self.member else { preconditionFailure("bench is a member's name") }
        home = NodeHome(directory)
        self.accounts = accounts
        staff = SigningKey.generate()
        genesis = try home.found(
            name: "Benchmark", at: now,
            members: [
                FoundingMember(
                    id: member, name: "Benchmark", nodeKey: SigningKey.generate(),
                    accountKey: staff)
            ], processes: [LeaseProcess.definition])
        if accounts > 0 {
            try Self.prepare(
                [home], genesis: genesis, member: member, issuer: staff, accounts: accounts,
                progress)
        }
    }

    /// Size of the ledger's file.
    func bytes() throws -> UInt64 {
        let store = try LedgerStore(opening: home.directory, readOnly: true)
        let counts = try store.read { try $0.counts() }
        try store.close()
        return counts.bytes
    }

    /// Puts block 0 with the crowd in the place of the plain one, or of none, in homes of
    /// one alliance.
    ///
    /// - Parameter issuer: the account key of the member, which issued the money.
    static func prepare(
        _ homes: [NodeHome], genesis: GenesisDocument, member: MemberID, issuer: SigningKey,
        accounts: Int, _ progress: (Int) -> Void
    ) throws {
        let now = Timestamp(milliseconds: genesis.genesis.timeMs)
        var block = try GenesisBlock.make(genesis)
        var rows = PreparedRows(
            crowd: Crowd(chain: genesis.chain), member: member, issuer: issuer, now: now)
        for start in stride(from: 0, to: accounts, by: 50_000) {
            rows.add(start..<min(start + 50_000, accounts))
            progress(min(start + 50_000, accounts))
        }
        block.changes = rows.merged(with: block.changes)
        var tree = StateTree()
        tree.apply(block.changes.map { ($0.key, $0.value) })
        block.header.stateRoot = tree.root
        for home in homes {
            for suffix in ["", "-wal", "-shm"] {
                let file = home.directory.appending(path: "ledger.sqlite" + suffix)
                if FileManager.default.fileExists(atPath: file.path) {
                    try FileManager.default.removeItem(at: file)
                }
            }
            try LedgerStore.create(home: home.directory, genesis: genesis.bytes, block: block)
                .close()
        }
    }
}

/// The rows of many accounts.
private struct PreparedRows {
    let crowd: Crowd
    let member: MemberID
    let issuer: SigningKey
    let now: Timestamp
    private var changes: [StateChange] = []
    private var count = 0

    init(crowd: Crowd, member: MemberID, issuer: SigningKey, now: Timestamp) {
        self.crowd = crowd
        self.member = member
        self.issuer = issuer
        self.now = now
    }

    mutating func add(_ indices: Range<Int>) {
        let balance = Balance.with { $0.amountMinor = PreparedLedger.balance.minor }.encoded
        let made = AllCores.map(indices) { [crowd, member, now] index -> [StateChange] in
            let key = Crowd.key(index).publicKey
            let id = AccountID(chain: crowd.chain, firstKey: key)
            let account = Account.with {
                $0.openedAtMs = now.milliseconds
                $0.keys = [
                    .with {
                        $0.publicKey = Data(key.bytes)
                        $0.addedAtMs = now.milliseconds
                        $0.window.highest = PreparedLedger.nextNonce - 1
                    }
                ]
                $0.sponsorships = [
                    .with {
                        $0.sponsor = member.rawValue
                        $0.sinceMs = now.milliseconds
                    }
                ]
            }
            return [
                StateChange(key: Accounts.accounts.stateKey(id), value: account.encoded),
                StateChange(
                    key: Money.balances.stateKey(Key2(id, PreparedLedger.unit)), value: balance),
            ]
        }
        for rows in made { changes += rows }
        count += indices.count
    }

    /// With the rows of genesis, ascending by key; the money is issued and the accounts are
    /// counted for their sponsor.
    func merged(with genesis: [StateChange]) -> [StateChange] {
        let unit = UnitOfAccount.with {
            $0.issuer = Data(crowd.account(of: issuer).bytes)
            $0.title = "US dollar"
            $0.scale = 2
            $0.issuedMinor = PreparedLedger.balance.minor * UInt64(count)
        }
        let sponsor = SponsorState.with { $0.accounts = UInt64(count) + 1 }
        let own = [
            StateChange(key: Money.units.stateKey(PreparedLedger.unit), value: unit.encoded),
            StateChange(key: Accounts.sponsors.stateKey(member), value: sponsor.encoded),
        ]
        let replaced = Set(own.map(\.key))
        return (genesis.filter { !replaced.contains($0.key) } + own + changes)
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }
}
