import Foundation
import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

/// Proposals and votes, told shortly.
extension Action {
    static func propose(
        _ change: Propose.OneOf_Change?, title: String = "A change", statement: Data = Data()
    ) -> Action {
        .alliance(
            .propose(
                .with {
                    $0.title = title
                    $0.statementHash = statement
                    $0.change = change
                }))
    }

    static func renewNodeKey(_ key: Data) -> Action {
        .alliance(.renewNodeKey(.with { $0.nodeKey = key }))
    }

    static func vote(_ yes: Bool, on proposal: ProposalID) -> Action {
        .alliance(
            .vote(
                .with {
                    $0.proposal = Data(proposal.bytes)
                    $0.yes = yes
                }))
    }
}

extension Propose.OneOf_Change {
    /// By its name, with keys made from it as the harness expects them.
    static func admit(
        _ id: String, name: String? = nil, nodeKey: Data? = nil, accountKey: Data? = nil
    ) -> Self {
        .admitMember(
            .with {
                $0.id = id
                $0.name = name ?? id
                $0.nodeKey = nodeKey ?? Data(TestLedger.nodeKey(of: id).publicKey.bytes)
                $0.accountKey =
                    accountKey ?? Data(TestLedger.key("account of \(id)").publicKey.bytes)
            })
    }

    static func expel(_ id: String) -> Self { .expelMember(.with { $0.id = id }) }

    static func activate(_ version: UInt64, from height: UInt64) -> Self {
        .activateProtocol(
            .with {
                $0.version = version
                $0.fromHeight = height
            })
    }

    static func set(_ name: String, to value: UInt64) -> Self {
        .setParameter(
            .with {
                $0.name = name
                $0.value = value
            })
    }
}

/// An alliance of a few members who propose and vote; a minute to vote.
struct AllianceScene {
    static let names = ["alfa", "bravo", "carol", "delta", "echo", "fox", "golf", "hotel"]
    static let period: UInt64 = 60_000

    let ledger: TestLedger

    init(members: Int, timersPerBlock: UInt64 = 100) throws {
        ledger = try TestLedger(
            members: Array(Self.names.prefix(members)),
            parameters: .with {
                $0.votingPeriodMs = Self.period
                $0.timersPerBlock = timersPerBlock
            })
    }

    func member(_ index: Int) -> Actor { ledger.member(Self.names[index]) }

    /// Proposes as a member and returns the new proposal's id.
    @discardableResult
    func propose(
        _ change: Propose.OneOf_Change, by index: Int = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> ProposalID {
        let events = try ledger.done(
            member(index), .propose(change), sourceLocation: sourceLocation)
        return try #require(ProposalID(events[0].alliance.proposalMade.proposal))
    }

    func vote(_ yes: Bool, on proposal: ProposalID, by index: Int) throws -> Receipt {
        try ledger.send(member(index), .vote(yes, on: proposal))
    }

    /// Yes of the members with these indices, in order.
    func yes(_ indices: ClosedRange<Int>, on proposal: ProposalID) throws {
        for index in indices { expectDone(try vote(true, on: proposal, by: index)) }
    }

    func row(_ proposal: ProposalID) -> Proposal {
        Alliance.proposal(proposal, in: ledger.state)!
    }

    var members: [String] { ledger.replica.members.members.map(\.id.rawValue) }
    var parameters: Parameters { Alliance.parameters(in: ledger.state) }
}
