import Foundation
import KoinonLedger
import KoinonProtocol

/// Proposals and votes; sent by a member's account.
extension Action {
    private static func alliance(_ action: AllianceAction.OneOf_Action) -> Action {
        Action.with { $0.alliance.action = action }
    }

    /// Puts a change to the vote; the proposer's own yes counts at once. Its id is
    /// ``TransactionBuilder/nextID(ofAction:)`` as a `ProposalID`.
    ///
    /// - Parameter statementHash: SHA-256 of a longer statement kept off the ledger.
    public static func propose(
        title: String, statementHash: Hash256? = nil, _ change: Propose.OneOf_Change
    ) -> Action {
        alliance(
            .propose(
                .with {
                    $0.title = title
                    if let statementHash { $0.statementHash = Data(statementHash.bytes) }
                    $0.change = change
                }))
    }

    /// The change that admits a member with its node's key and its account's first key.
    public static func admission(
        of id: MemberID, name: String, nodeKey: PublicKey, accountKey: PublicKey
    ) -> Propose.OneOf_Change {
        .admitMember(
            .with {
                $0.id = id.rawValue
                $0.name = name
                $0.nodeKey = Data(nodeKey.bytes)
                $0.accountKey = Data(accountKey.bytes)
            })
    }

    public static func expulsion(of id: MemberID) -> Propose.OneOf_Change {
        .expelMember(.with { $0.id = id.rawValue })
    }

    /// - Parameter name: of a field in `Parameters`, for instance "voting_period_ms".
    public static func setting(parameter name: String, to value: UInt64) -> Propose.OneOf_Change {
        .setParameter(
            .with {
                $0.name = name
                $0.value = value
            })
    }

    public static func adoption(of process: ProcessDefinition) -> Propose.OneOf_Change {
        .adoptProcess(process)
    }

    /// - Parameters:
    ///   - version: one above the one in force.
    ///   - height: the first block executed by its rules.
    public static func activation(
        ofProtocol version: UInt64, from height: Height
    ) -> Propose.OneOf_Change {
        .activateProtocol(
            .with {
                $0.version = version
                $0.fromHeight = height.rawValue
            })
    }

    /// Another node key for the member whose account sends it; its node signs with it from the
    /// next block on.
    public static func renewNodeKey(_ key: PublicKey) -> Action {
        alliance(.renewNodeKey(.with { $0.nodeKey = Data(key.bytes) }))
    }

    public static func vote(_ yes: Bool, on proposal: ProposalID) -> Action {
        alliance(
            .vote(
                .with {
                    $0.proposal = Data(proposal.bytes)
                    $0.yes = yes
                }))
    }
}
