import KoinonClient
import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonNode
@testable import TestNodes

/// Changes that the members vote on.
enum Decisions {
    static func admission(_ name: String) throws -> Propose.OneOf_Change {
        Action.admission(
            of: try #require(MemberID(rawValue: name)), name: name,
            nodeKey: TestHome.nodeKey(of: name).publicKey,
            accountKey: TestHome.key("account of \(name)").publicKey)
    }

    /// Puts a change to the vote and lets the others agree, each in a block.
    static func decide(
        _ change: Propose.OneOf_Change, by names: [Sender], on node: Node
    ) async throws {
        let proposal: ProposalID = names[0].builder.nextID(ofAction: 0)
        try await names[0].done(.propose(title: "A change of members", change), to: node)
        for name in names.dropFirst() { try await name.done(.vote(true, on: proposal), to: node) }
    }
}
