import ArgumentParser
import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import KoinonStore

/// Builds a transaction with a key of the home and hands it to a running node.
struct Sender {
    private let home: NodeHome
    private let client: NodeClient
    private var builder: TransactionBuilder

    /// Asks the node for the key's next nonce.
    ///
    /// - Parameters:
    ///   - name: of the key that signs.
    ///   - account: nil for the account whose first key it is.
    /// - Throws: `NodeClientFault` when no node runs.
    init(name: String, account: String?, home: NodeHome, client: NodeClient) async throws {
        let key = try home.keyRing.key(named: name)
        var sender = try home.genesis().accountID(of: key.publicKey)
        if let account {
            guard let given = AccountID(text: account) else {
                throw ValidationError(
                    "--account: \"\(account)\" is no account id; they begin with koi1")
            }
            sender = given
        }
        try await self.init(key: key, account: sender, home: home, client: client)
    }

    /// Acts for a member: through its account, with the key that bears its name.
    ///
    /// - Throws: `HomeFault` when it is no member; `NodeClientFault` when no node runs.
    init(member: MemberID, home: NodeHome, client: NodeClient) async throws {
        let key = try home.keyRing.key(named: member.rawValue)
        let account = try await client.row(of: member).accountID()
        try await self.init(key: key, account: account, home: home, client: client)
    }

    /// As above, with a key wherever it lies.
    init(
        key: SigningKey, account sender: AccountID, home: NodeHome, client: NodeClient
    ) async throws {
        self.home = home
        self.client = client
        let genesis = try home.genesis()
        let status = try await client.status()
        guard status.chain == genesis.chain.hex else {
            throw HomeFault(
                "the node at \(client.address) keeps the ledger of \"\(status.alliance)\", not that of \(home.genesisFile.relativePath); name another with --node or --home"
            )
        }
        builder = TransactionBuilder(
            chain: genesis.chain, sender: sender, key: key,
            nextNonce: try await client.nextNonce(of: key.publicKey, for: sender))
    }

    /// Sends the actions as one transaction and prints what came of it.
    ///
    /// - Throws: `ExitStatus.no` unless it is done; `NodeClientFault`.
    func send(_ actions: [Action], memo: String, json: Bool) async throws {
        let (submission, id) = try await submit(actions, memo: memo)
        try await report(submission, id: id, json: json)
    }

    /// Prints what came of a transaction.
    ///
    /// - Throws: `ExitStatus.no` unless it is done; `NodeClientFault`.
    func report(_ submission: Submission, id: Hash256, json: Bool) async throws {
        if json {
            print(try Text.json(submission))
        } else if submission.status == .done {
            print("✓ done in block \(submission.height ?? 0), transaction \(submission.id)")
            if let receipt = try await client.receipt(of: id) {
                print(ReceiptText.events(receipt))
            }
        } else {
            Terminal.writeError(
                "✗ \(submission.status.rawValue): \(submission.message)\n  transaction \(submission.id)\n"
            )
        }
        if submission.status != .done { throw ExitStatus.no }
    }

    /// Sends the actions as one transaction and waits until it is durable.
    ///
    /// - Throws: `NodeClientFault`.
    func submit(_ actions: [Action], memo: String = "") async throws -> (Submission, id: Hash256) {
        try warnOfForeignMembers(actions)
        var builder = builder
        let built = try builder.build(
            actions, now: try await client.status().ledgerNow, memo: memo)
        return (try await client.submit(built.envelope), built.id)
    }

    /// Where a node orders by itself no other can append: who is admitted with a key that is not
    /// here could not sign, and blocks might never be final again.
    private func warnOfForeignMembers(_ actions: [Action]) throws {
        guard try home.configuration().engine == nil else { return }
        let hosted = try home.keyRing.names().filter { $0.hasSuffix(NodeHome.nodeKeySuffix) }
            .map { try home.keyRing.key(named: $0).publicKey }
        for case .alliance(let alliance)? in actions.map(\.module) {
            guard case .propose(let proposal) = alliance.action,
                case .admitMember(let admission) = proposal.change,
                let key = PublicKey(admission.nodeKey), !hosted.contains(key)
            else { continue }
            Terminal.writeError(
                "warning: the node key of \"\(admission.id)\" is not in this home, whose node orders by itself (node.json names no engine). Once admitted the member cannot sign, and blocks may not become final. Make its key here (koinon keys new \(admission.id).node) and add it to hosts in node.json.\n"
            )
        }
    }
}

extension NodeClient {
    /// - Throws: `HomeFault` when it is no member; ``NodeClientFault``.
    func row(of member: MemberID) async throws -> MemberAnswer {
        guard let row = try await members().first(where: { $0.id == member.rawValue }) else {
            throw HomeFault("\(member) is no member of the alliance; see koinon query members")
        }
        return row
    }
}

extension MemberAnswer {
    /// Through which it acts: the one of the key with which it was admitted, whatever keys
    /// have come since.
    ///
    /// - Throws: ``NodeClientFault``
    func accountID() throws -> AccountID {
        guard let id = AccountID(text: account) else {
            throw NodeClientFault.badAnswer("account: \(account)")
        }
        return id
    }
}

extension NodeHome {
    var keyRing: KeyRing { KeyRing(home: directory.path) }

    /// In which the ledger goes on; 0 also where there is none.
    func epoch() throws -> UInt64 {
        do {
            let store = try LedgerStore(opening: directory, readOnly: true)
            defer { try? store.close() }
            return try store.read { try $0.epochRecords().last?.epoch ?? 0 }
        } catch StoreFault.noLedger {
            return 0
        }
    }

    /// Ledger time of the last stored block.
    func lastBlockTime() throws -> Timestamp {
        try LedgerStore(opening: directory, readOnly: true).read { try $0.tip().header.time }
    }
}
