import Foundation
import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

/// Every rejection of every action of the alliance, in the order of the checks.
@Suite struct AllianceRejectionTests {
    @Test(arguments: proposeRows + admitRows + changeRows + voteRows + keyRows)
    func `an action that violates a condition is rejected for it`(row: RejectionRow) throws {
        try row.check()
    }

    @Test func `every rejection has a row`() {
        expectRows(
            for: AllianceRejection.self,
            in: Self.proposeRows + Self.admitRows + Self.changeRows + Self.voteRows
                + Self.keyRows)
    }

    private static func row(
        _ violated: AllianceRejection, field: String = "", _ attempt: String,
        run: @escaping @Sendable () throws -> Receipt
    ) -> RejectionRow {
        RejectionRow(violated, field: field, attempt, run: run)
    }

    /// A row about one proposal that alfa makes in an alliance of three.
    private static func row(
        _ violated: AllianceRejection, field: String, _ attempt: String,
        proposing change: Propose.OneOf_Change?, title: String = "A change"
    ) -> RejectionRow {
        RejectionRow(violated, field: field, attempt) {
            let scene = try AllianceScene(members: 3)
            return try scene.ledger.send(scene.member(0), .propose(change, title: title))
        }
    }

    private static func key(_ name: String) -> Data { Data(TestLedger.key(name).publicKey.bytes) }

    /// A point of small order: 32 bytes that no key may be.
    private static let badKey = Data(count: 32)

    /// Bravo, of two members, renews its node key; alfa's node carries it.
    private static func renewal(
        _ violated: AllianceRejection, _ attempt: String, to key: Data,
        after earlier: [Data] = []
    ) -> RejectionRow {
        RejectionRow(violated, field: "node_key", attempt) {
            let scene = try AllianceScene(members: 2)
            for key in earlier { try scene.ledger.done(scene.member(1), .renewNodeKey(key)) }
            return try scene.ledger.send(scene.member(1), .renewNodeKey(key))
        }
    }

    static let keyRows: [RejectionRow] = [
        row(.notAMember, "rita renews a node key, with a bad one") {
            let scene = try AllianceScene(members: 1)
            return try scene.ledger.send(try scene.ledger.open("rita"), .renewNodeKey(badKey))
        },
        row(.limitedKey, "a member's limited key renews its node key, with a bad one") {
            let scene = try AllianceScene(members: 1)
            try scene.ledger.createUnit()
            let till = scene.member(0).signing(with: TestLedger.key("till"))
            try scene.ledger.done(scene.member(0), .addKey(till.key, limits: [("usd", 1)]))
            return try scene.ledger.send(till, .renewNodeKey(badKey))
        },
        renewal(.badKey, "a key of 31 bytes", to: Data(count: 31)),
        renewal(.badKey, "a point of small order", to: badKey),
        renewal(
            .sameNodeKey, "the key that it has",
            to: Data(TestLedger.nodeKey(of: "bravo").publicKey.bytes)),
        renewal(
            .nodeKeyInUse, "another member's node key",
            to: Data(TestLedger.nodeKey(of: "alfa").publicKey.bytes)),
        renewal(.nodeKeyInUse, "the key of its account", to: key("account of bravo")),
        renewal(
            .nodeKeyRetired, "its own from before",
            to: Data(TestLedger.nodeKey(of: "bravo").publicKey.bytes), after: [key("new")]),
        row(.nodeKeyRetired, field: "node_key", "a key that another member replaced") {
            let scene = try AllianceScene(members: 2)
            try scene.ledger.done(scene.member(1), .renewNodeKey(key("new")))
            return try scene.ledger.send(
                scene.member(0),
                .renewNodeKey(Data(TestLedger.nodeKey(of: "bravo").publicKey.bytes)))
        },
        row(
            .nodeKeyRetired, field: "admit_member.node_key",
            "a member is admitted with a key that another one replaced"
        ) {
            let scene = try AllianceScene(members: 2)
            try scene.ledger.done(scene.member(1), .renewNodeKey(key("new")))
            let old = Data(TestLedger.nodeKey(of: "bravo").publicKey.bytes)
            return try scene.ledger.send(
                scene.member(0), .propose(.admit("delta", nodeKey: old)))
        },
        row(
            .nodeKeyRetired, field: "admit_member.account_key",
            "a member is admitted whose account key was a node key"
        ) {
            let scene = try AllianceScene(members: 2)
            try scene.ledger.done(scene.member(1), .renewNodeKey(key("new")))
            let old = Data(TestLedger.nodeKey(of: "bravo").publicKey.bytes)
            return try scene.ledger.send(
                scene.member(0), .propose(.admit("delta", accountKey: old)))
        },
    ]

    static let proposeRows: [RejectionRow] = [
        row(.emptyAction, field: "alliance", "no action of the alliance") {
            let scene = try AllianceScene(members: 1)
            return try scene.ledger.send(scene.member(0), .with { $0.alliance = AllianceAction() })
        },
        row(.notAMember, "rita proposes, without title") {
            let scene = try AllianceScene(members: 1)
            let rita = try scene.ledger.open("rita")
            return try scene.ledger.send(rita, .propose(nil, title: ""))
        },
        row(.notAMember, "rita's limited key proposes") {
            let scene = try AllianceScene(members: 1)
            try scene.ledger.createUnit()
            let rita = try scene.ledger.open("rita")
            let till = rita.signing(with: TestLedger.key("till"))
            try scene.ledger.done(rita, .addKey(till.key, limits: [("usd", 1)]))
            return try scene.ledger.send(till, .propose(.expel("alfa")))
        },
        row(.limitedKey, "a member's till proposes, without title") {
            let scene = try AllianceScene(members: 1)
            try scene.ledger.createUnit()
            let till = scene.member(0).signing(with: TestLedger.key("till"))
            try scene.ledger.done(scene.member(0), .addKey(till.key, limits: [("usd", 1)]))
            return try scene.ledger.send(till, .propose(nil, title: ""))
        },
        row(.limitedKey, "with a key that the same transaction rotated away") {
            let scene = try AllianceScene(members: 1)
            return try scene.ledger.send(
                scene.member(0), .rotateKey(to: TestLedger.key("new")),
                .propose(.set("timers_per_block", to: 5)))
        },
        row(.badTitle, field: "title", "a line break in the title, and a short hash") {
            let scene = try AllianceScene(members: 1)
            return try scene.ledger.send(
                scene.member(0), .propose(nil, title: "a\nb", statement: Data(count: 31)))
        },
        row(.badStatementHash, field: "statement_hash", "a hash of 31 bytes, and no change") {
            let scene = try AllianceScene(members: 1)
            return try scene.ledger.send(
                scene.member(0), .propose(nil, statement: Data(count: 31)))
        },
        row(.emptyChange, field: "change", "no change", proposing: nil),
    ]

    static let admitRows: [RejectionRow] = [
        row(
            .badMemberID, field: "admit_member.id", "an id with a space, and no name",
            proposing: .admit("del ta", name: "")),
        row(
            .memberExists, field: "admit_member.id", "bravo again, and no name",
            proposing: .admit("bravo", name: "")),
        row(.tooManyMembers, field: "admit_member.id", "the 101st, and no name") {
            let names = (0..<100).map { "m\($0)" }
            let ledger = try TestLedger(members: names)
            return try ledger.send(
                ledger.member("m0"), .propose(.admit("one-more", name: "")))
        },
        row(
            .badName, field: "admit_member.name", "no name, and a bad key",
            proposing: .admit("delta", name: "", nodeKey: badKey)),
        row(
            .badKey, field: "admit_member.node_key", "a node key of 31 bytes",
            proposing: .admit("delta", nodeKey: Data(count: 31), accountKey: badKey)),
        row(
            .badKey, field: "admit_member.node_key", "a node key of small order",
            proposing: .admit("delta", nodeKey: badKey, accountKey: badKey)),
        row(
            .nodeKeyInUse, field: "admit_member.node_key",
            "bravo's node key, and a bad account key",
            proposing: .admit("delta", nodeKey: key("node of bravo"), accountKey: badKey)),
        row(.nodeKeyInUse, field: "admit_member.node_key", "the node key of a member expelled") {
            let scene = try AllianceScene(members: 3)
            let out = try scene.propose(.expel("carol"))
            try scene.yes(1...2, on: out)
            return try scene.ledger.send(
                scene.member(0), .propose(.admit("delta", nodeKey: key("node of carol"))))
        },
        row(
            .badKey, field: "admit_member.account_key", "an account key of small order",
            proposing: .admit("delta", accountKey: badKey)),
        row(
            .nodeKeyInUse, field: "admit_member.account_key", "one key for node and account",
            proposing: .admit("delta", nodeKey: key("x"), accountKey: key("x"))),
        row(
            .nodeKeyInUse, field: "admit_member.account_key", "bravo's node key for the account",
            proposing: .admit("delta", accountKey: key("node of bravo"))),
        RejectionRow(
            AccountsRejection.accountExists, field: "admit_member.account_key", "bravo's account"
        ) {
            let scene = try AllianceScene(members: 3)
            return try scene.ledger.send(
                scene.member(0),
                .propose(.admit("delta", accountKey: key("account of bravo"))))
        },
    ]

    static let changeRows: [RejectionRow] = [
        row(
            .unknownMember, field: "expel_member.id", "expelled: no such member",
            proposing: .expel("zulu")),
        row(
            .unknownMember, field: "expel_member.id", "expelled: no name at all",
            proposing: .expel("")),
        row(.lastMember, field: "expel_member.id", "the only one") {
            let scene = try AllianceScene(members: 1)
            return try scene.ledger.send(scene.member(0), .propose(.expel("alfa")))
        },
        row(
            .unknownParameter, field: "set_parameter.name", "no such parameter",
            proposing: .set("votingPeriodMs", to: 0)),
        row(
            .parameterOutOfBounds, field: "set_parameter.value", "0",
            proposing: .set("timers_per_block", to: 0)),
        row(
            .notNextProtocol, field: "activate_protocol.version", "version 3 after 1, and block 0",
            proposing: .activate(3, from: 0)),
        row(
            .notNextProtocol, field: "activate_protocol.version", "the version in force",
            proposing: .activate(1, from: 100)),
        row(
            .protocolHeightPassed, field: "activate_protocol.from_height",
            "from the block that proposes it on", proposing: .activate(2, from: 1)),
        RejectionRow(
            AgreementsRejection.processFaulty, field: "adopt_process.id", "a process without name"
        ) {
            let scene = try AllianceScene(members: 3)
            return try scene.ledger.send(
                scene.member(0), .propose(.adoptProcess(ProcessDefinition())))
        },
    ]

    static let voteRows: [RejectionRow] = [
        row(.notAMember, "rita votes, on nothing") {
            let scene = try AllianceScene(members: 1)
            let rita = try scene.ledger.open("rita")
            return try scene.ledger.send(rita, .alliance(.vote(Vote())))
        },
        row(.notAMember, "a member expelled votes") {
            let scene = try AllianceScene(members: 3)
            let out = try scene.propose(.expel("carol"))
            try scene.yes(1...2, on: out)
            let next = try scene.propose(.set("timers_per_block", to: 5))
            return try scene.vote(true, on: next, by: 2)
        },
        row(.limitedKey, "a member's till votes, on nothing") {
            let scene = try AllianceScene(members: 1)
            try scene.ledger.createUnit()
            let till = scene.member(0).signing(with: TestLedger.key("till"))
            try scene.ledger.done(scene.member(0), .addKey(till.key, limits: [("usd", 1)]))
            return try scene.ledger.send(till, .alliance(.vote(Vote())))
        },
        row(.unknownProposal, field: "proposal", "20 bytes that name none") {
            let scene = try AllianceScene(members: 3)
            let id = ProposalID(truncating: .zero)
            return try scene.ledger.send(scene.member(0), .vote(true, on: id))
        },
        row(.unknownProposal, field: "proposal", "19 bytes") {
            let scene = try AllianceScene(members: 3)
            return try scene.ledger.send(
                scene.member(0), .alliance(.vote(.with { $0.proposal = Data(count: 19) })))
        },
        row(.proposalNotOpen, field: "proposal", "adopted already") {
            let scene = try AllianceScene(members: 3)
            let proposal = try scene.propose(.set("timers_per_block", to: 5))
            try scene.yes(1...2, on: proposal)
            return try scene.vote(true, on: proposal, by: 0)
        },
        row(.proposalNotOpen, field: "proposal", "lapsed in this very block") {
            let scene = try AllianceScene(members: 3)
            let proposal = try scene.propose(.set("timers_per_block", to: 5))
            return try scene.ledger.send(
                scene.member(1), .vote(true, on: proposal),
                at: scene.ledger.time.later(by: AllianceScene.period))
        },
        row(.proposalNotOpen, field: "proposal", "its time is over and its timer has to wait") {
            let scene = try AllianceScene(members: 3, timersPerBlock: 1)
            let change = Action.propose(.set("bookings_per_resource", to: 5))
            // Many lapse together, and each block has room for one.
            let events = try scene.ledger.done(
                scene.member(0), change, change, change, change, change, change)
            let ids = events.compactMap { ProposalID($0.alliance.proposalMade.proposal) }
            let over = scene.ledger.time.later(by: AllianceScene.period)
            let receipt = try scene.ledger.send(
                scene.member(1), .vote(true, on: ids.max()!), at: over)
            #expect(scene.row(ids.max()!).status == .open)
            return receipt
        },
    ]
}
