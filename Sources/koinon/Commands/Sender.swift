import ArgumentParser
import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import KoinonStore

/// Builds a transaction with a key of the home and hands it to the running node.
struct Sender {
    private let home: NodeHome
    private let store: LedgerStore
    private var builder: TransactionBuilder

    /// - Parameters:
    ///   - name: of the key that signs.
    ///   - account: nil for the account whose first key it is.
    init(name: String, account: String?, home: NodeHome) throws {
        self.home = home
        let genesis = try home.genesis()
        let key = try home.keyRing.key(named: name)
        var sender = genesis.accountID(of: key.publicKey)
        if let account {
            guard let given = AccountID(text: account) else {
                throw ValidationError(
                    "--account: \"\(account)\" is no account id; they begin with koi1")
            }
            sender = given
        }
        store = try LedgerStore(opening: home.directory, readOnly: true)
        let highest = try store.readState { state, _ in
            Accounts.highestNonce(of: key.publicKey, for: sender, in: state)
        }
        builder = TransactionBuilder(
            chain: genesis.chain, sender: sender, key: key, nextNonce: highest + 1)
    }

    /// Sends the actions as one transaction and prints what came of it.
    ///
    /// - Throws: `ExitStatus.no` unless it is done; the socket's fault when no node runs.
    func send(_ actions: [Action], memo: String, json: Bool) async throws {
        try warnOfForeignMembers(actions)
        var builder = builder
        let client = LocalSocketClient(home: home.directory.path)
        guard case .status(let status) = try await client.send(.status) else {
            throw HomeFault(
                "the node answered something else than its status; is it another version?")
        }
        let now = Timestamp(milliseconds: max(status.nowMilliseconds, status.timeMilliseconds))
        let built = try builder.build(actions, now: now, memo: memo)
        switch try await client.send(.submit([built.envelope], waitsUntilDurable: true)) {
        case .submitted(let submissions):
            guard let submission = submissions.first else {
                throw HomeFault("the node gave no answer about transaction \(built.id)")
            }
            try report(submission, json: json)
        case .failed(let message): throw HomeFault(message)
        case .status: throw HomeFault("the node answered something else; is it another version?")
        }
    }

    private func report(_ submission: LocalSubmission, json: Bool) throws {
        if json {
            print(try Text.json(submission))
        } else if submission.outcome == .done {
            print("✓ done in block \(submission.height ?? 0), transaction \(submission.id)")
            try printEvents(of: submission.id)
        } else {
            Terminal.writeError(
                "✗ \(submission.outcome.rawValue): \(submission.message ?? submission.reason ?? "")\n  transaction \(submission.id)\n"
            )
        }
        if submission.outcome != .done { throw ExitStatus.no }
    }

    private func printEvents(of id: String) throws {
        guard let id = Hash256(hex: id) else { return }
        let outcome = try store.read { try $0.outcome(of: id) }
        guard case .executed(_, _, let receipt)? = outcome else { return }
        print(ReceiptText.events(receipt))
    }

    /// This version hosts every member in one process: who is admitted with a key
    /// that is not here could not sign, and blocks might never be final again.
    private func warnOfForeignMembers(_ actions: [Action]) throws {
        let hosted = try home.keyRing.names().filter { $0.hasSuffix(NodeHome.nodeKeySuffix) }
            .map { try home.keyRing.key(named: $0).publicKey }
        for case .alliance(let alliance)? in actions.map(\.module) {
            guard case .propose(let proposal) = alliance.action,
                case .admitMember(let admission) = proposal.change,
                let key = PublicKey(admission.nodeKey), !hosted.contains(key)
            else { continue }
            Terminal.writeError(
                "warning: the node key of \"\(admission.id)\" is not in this home. Members' nodes do not talk to each other in this version: once admitted it cannot sign, and blocks may not become final. Make its key here (koinon keys new \(admission.id).node) and add it to hosts in node.json.\n"
            )
        }
    }
}

extension NodeHome {
    var keyRing: KeyRing { KeyRing(home: directory.path) }

    /// Ledger time of the last stored block.
    func lastBlockTime() throws -> Timestamp {
        try LedgerStore(opening: directory, readOnly: true).read { try $0.tip().header.time }
    }
}
