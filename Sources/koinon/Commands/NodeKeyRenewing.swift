import KoinonClient
import KoinonLedger
import KoinonNode
import KoinonProtocol

/// Brings the renewal of a member's node key to its end from wherever it is.
struct NodeKeyRenewing {
    let member: MemberID
    let home: NodeHome
    let client: NodeClient
    /// Asked for only when something is to be signed.
    let accountKey: () throws -> SigningKey

    /// How it ended.
    enum End {
        /// The key was renewed so lately that another one is hardly meant.
        case renewedBefore(PublicKey, since: String)
        /// - Parameters:
        ///   - instead: of which one, if it is held here or was in use until now.
        ///   - height: of the block that registered it; nil when that was before.
        case renewed(PublicKey, instead: PublicKey?, height: UInt64?)
    }

    private static let lately: UInt64 = 24 * 3_600_000
    private static let attemptsMaximum = 8
    private static let patience = Duration.seconds(60)
    private static let pause = Duration.milliseconds(200)

    /// - Parameter again: whether a key that was renewed lately is renewed too.
    /// - Throws: `ExitStatus.no` after the reason on standard error; `HomeFault`,
    ///   `KeyFileFault`, `GuardFault`, `NodeClientFault`.
    func run(again: Bool) async throws -> End {
        let (row, known) = try await memberRow()
        let key: PublicKey
        var height: UInt64?
        switch try home.nodeKeyRenewal(of: member, known: known) {
        case .registered(let next):
            note("its next key, \(next), is registered already")
            if try await maySign(next) {
                key = next
            } else {
                // It was in force before this was asked, and its guard is lost as well.
                try await untilFinal(nil)
                try home.settleNodeKey(next, of: member)
                (key, height) = try await register(try make(), row)
            }
        case .waits(let next):
            note("takes the key that was made before, \(next)")
            (key, height) = try await register(next, row)
        case .none:
            if !again, let since = try await lateRenewal(row, known) {
                return .renewedBefore(known, since: since)
            }
            (key, height) = try await register(try make(), row)
        }
        try await untilFinal(height)
        let others = try home.hostedMembers().filter { $0.id == member }.map(\.nodeKey.publicKey)
        let old = known == key ? others.first { $0 != key } : known
        try home.settleNodeKey(key, of: member)
        return .renewed(key, instead: old, height: height)
    }

    private func memberRow() async throws -> (MemberAnswer, PublicKey) {
        let status = try await client.status()
        guard status.chain == (try home.genesis().chain.hex) else {
            throw HomeFault(
                "the node at \(client.address) keeps the ledger of \"\(status.alliance)\", another than this home; name one with --node"
            )
        }
        let row = try await client.row(of: member)
        guard let key = PublicKey(hex: row.nodeKey) else {
            throw NodeClientFault.badAnswer("node_key: \(row.nodeKey)")
        }
        return (row, key)
    }

    private func make() throws -> PublicKey {
        let key = try home.makeNextNodeKey(of: member)
        note("its next key, \(key), is made: \(home.nextNodeKeyPath(of: member))")
        return key
    }

    /// Since when the present key signs, if that is not long and it may sign.
    private func lateRenewal(_ row: MemberAnswer, _ known: PublicKey) async throws -> String? {
        let now = try await client.status().ledgerNow.milliseconds
        let since = row.nodeKeySince.ms
        guard since > row.admittedAt.ms, since + Self.lately > now, try await maySign(known)
        else { return nil }
        return row.nodeKeySince.text
    }

    /// Whether nothing is known that keeps the member from signing with its present key.
    private func maySign(_ key: PublicKey) async throws -> Bool {
        let states = try await client.status().memberStates
        let isSilent = states?.first { $0.id == member.rawValue }?.silent != nil
        return try !isSilent && home.hasGuard(of: member, key)
    }

    /// - Parameter first: read only once the account's key is there, which a key that is made now
    ///   would wait for.
    /// - Returns: the key that is registered, and the block that did it; nil when it was before.
    private func register(
        _ first: @autoclosure () throws -> PublicKey, _ row: MemberAnswer
    ) async throws -> (PublicKey, height: UInt64?) {
        let account = try row.accountID()
        let accountKey = try accountKey()
        let first = try first()
        var key = first
        var attempts = 1
        while true {
            let isLastAttempt = attempts == Self.attemptsMaximum
            let sender = try await Sender(
                key: accountKey, account: account, home: home, client: client)
            let (submission, id) = try await sender.submit([.renewNodeKey(key)])
            switch (submission.status, submission.code) {
            case (.done, _): return (key, submission.height)
            case (.rejected, "sameNodeKey"): return (key, nil)
            case (.rejected, "nodeKeyRetired") where key == first,
                (.rejected, "nodeKeyInUse") where key == first:
                note("the key that was made before has been used: another one")
                key = try make()
            case (_, "replayed") where !isLastAttempt:
                // The account has sent something else meanwhile, with the same nonce.
                attempts += 1
            case (_, "keyNotActive"):
                try refuse(
                    "\(accountKey.publicKey) is no key of \(member)'s account; name the file of one with --member-key",
                    id)
            case (.pending, _):
                try refuse("the transaction waits, and no block has taken it", id)
            default: try refuse("\(submission.status.rawValue): \(submission.message)", id)
            }
        }
    }

    private func refuse(_ reason: String, _ id: Hash256) throws -> Never {
        Terminal.writeError(
            "✗ \(reason)\n  transaction \(id)\n  the same command goes on with the same key\n")
        throw ExitStatus.no
    }

    /// - Parameter height: nil for whatever block it was, up to the last one.
    private func untilFinal(_ height: UInt64?) async throws {
        let deadline = ContinuousClock.now + Self.patience
        var status = try await client.status()
        let goal = height ?? status.height
        while status.finalHeight < goal {
            guard ContinuousClock.now < deadline else {
                Terminal.writeError(
                    "✗ block \(goal) is not final after \(Self.patience.components.seconds) seconds: see koinon status\n  the key is registered; the same command goes on waiting\n"
                )
                throw ExitStatus.no
            }
            try await Task.sleep(for: Self.pause)
            status = try await client.status()
        }
    }

    private func note(_ text: String) { Terminal.writeError("\(member): \(text)\n") }
}
