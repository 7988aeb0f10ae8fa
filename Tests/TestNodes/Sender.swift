import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Testing

@testable import KoinonNode

/// An account with one key, that signs and sends.
final class Sender {
    let key: SigningKey
    private let clock: HandClock
    private(set) var builder: TransactionBuilder

    init(key: SigningKey, chain: ChainID, clock: HandClock) {
        self.key = key
        self.clock = clock
        builder = TransactionBuilder(
            chain: chain, sender: AccountID(chain: chain, firstKey: key.publicKey), key: key)
    }

    var account: AccountID { builder.sender }

    /// Signs with the next nonce; good for an hour by the test's clock.
    func sign(_ actions: Action..., nonce: UInt64? = nil, now: Timestamp? = nil) throws -> Envelope
    {
        if let nonce { builder.nextNonce = nonce }
        return try builder.build(actions, now: now ?? clock.now).envelope
    }

    /// Sends one transaction and waits for its receipt.
    func send(
        _ actions: Action..., to node: Node, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Receipt {
        let envelope = try builder.build(actions, now: clock.now).envelope
        return try await node.receipt(of: envelope, sourceLocation: sourceLocation)
    }

    /// As ``send(_:to:sourceLocation:)``; it must be done.
    @discardableResult
    func done(
        _ actions: Action..., to node: Node, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [Event] {
        let envelope = try builder.build(actions, now: clock.now).envelope
        let receipt = try await node.receipt(of: envelope, sourceLocation: sourceLocation)
        try #require(
            receipt.code == 0, "\(receipt.code) \(receipt.field) \(receipt.detail)",
            sourceLocation: sourceLocation)
        return receipt.events
    }
}

extension Node {
    /// Submits one transaction and waits.
    func outcome(of envelope: Envelope) async throws -> SubmissionStatus {
        try #require(await submit([envelope], waits: true).first)
    }

    /// The receipt of a transaction that a block executes.
    func receipt(
        of envelope: Envelope, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Receipt {
        let status = try await outcome(of: envelope)
        guard case .settled(_, .executed(_, _, let receipt)) = status else {
            throw NotExecuted(status: status)
        }
        return receipt
    }

    /// Ledger height and place in the log: what a refused transaction must not move.
    var position: String {
        get throws {
            let last = try store.read { try $0.lastPosition() }
            return "\(replica.read { $0.header.hash }) \(last)"
        }
    }

    /// The header of the last block.
    var tip: BlockHeader { replica.read { $0.header } }

    /// Returns once the chain has reached the height.
    func untilHeight(_ height: Height) async {
        while tip.height < height { try? await Task.sleep(for: .milliseconds(2)) }
    }
}

/// A transaction that should have been executed was not.
struct NotExecuted: Error {
    var status: Node.SubmissionStatus
}

extension Node.SubmissionStatus {
    /// Where a settled transaction was executed, with what code; nil for everything else.
    var place: String? {
        guard case .settled(let id, .executed(let height, let leaf, let receipt)) = self else {
            return nil
        }
        return "\(id) \(height) \(leaf) \(receipt.code)"
    }

    var refusal: Refusal? {
        guard case .refused(let refusal) = self else { return nil }
        return refusal
    }
}
