import Foundation
import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

@Suite struct AllianceChangeTests {
    @Test func `genesis opens the members' accounts and gives each a clock`() throws {
        let scene = try AllianceScene(members: 2)
        let state = scene.ledger.state
        for name in ["alfa", "bravo"] {
            let id = MemberID(rawValue: name)!
            let member = try #require(Alliance.member(id, in: state))
            let actor = scene.ledger.member(name)
            #expect(member.account == actor.bytes)
            #expect(member.admittedAtMs == TestLedger.start.milliseconds)
            #expect(Alliance.memberID(actingAs: actor.account, in: state) == id)
            #expect(Accounts.sponsor(of: actor.account, in: state) == id)
            let author = try #require(CoreRows.authors.get(id, in: state))
            #expect(author.lastSequence == 0)
            #expect(author.lastClockMs == TestLedger.start.milliseconds)
            #expect(author.nodeKey == member.nodeKey)
        }
        #expect(Alliance.memberSet(in: state) == scene.ledger.genesis.memberSet)
    }

    // MARK: Members

    @Test func `an admitted member votes, writes entries, and judges from the next block on`()
        throws
    {
        let scene = try AllianceScene(members: 3)
        let proposal = try scene.propose(.admit("delta"))
        try scene.ledger.advance(milliseconds: 500)
        try scene.yes(1...1, on: proposal)
        let before = scene.ledger.replica.header
        let receipt = try scene.vote(true, on: proposal, by: 2)
        #expect(receipt.events.count == 4)
        #expect(receipt.events[1].accounts.accountOpened.sponsor == "delta")
        #expect(receipt.events[2].alliance.memberAdmitted.member == "delta")
        let header = scene.ledger.replica.header
        #expect(header.membersHash == before.membersHash)
        #expect(header.nextMembersHash != before.membersHash)
        #expect(scene.members == ["alfa", "bravo", "carol", "delta"])

        let author = CoreRows.authors.get(MemberID(rawValue: "delta")!, in: scene.ledger.state)
        #expect(author?.lastClockMs == header.time.milliseconds)
        let other = try scene.propose(.set("bookings_per_resource", to: 7), by: 3)
        #expect(scene.row(other).yes == ["delta"])
        let entry = try scene.ledger.entry(by: "delta")
        guard case .waiting = scene.ledger.apply(entry) else {
            Issue.record("its entry does not count")
            return
        }
        try scene.ledger.checkReplay()
    }

    @Test func `an expelled member's account lives on and acts for no one`() throws {
        let scene = try AllianceScene(members: 3)
        try scene.ledger.createUnit("usd", issuer: "carol")
        let carol = scene.member(2)
        let rita = try scene.ledger.open("rita", sponsor: "carol")
        let proposal = try scene.propose(.expel("carol"))
        try scene.yes(1...1, on: proposal)
        let receipt = try scene.vote(true, on: proposal, by: 2)
        #expect(receipt.events[1].alliance.memberExpelled.member == "carol")
        #expect(scene.members == ["alfa", "bravo"])
        #expect(Alliance.memberID(actingAs: carol.account, in: scene.ledger.state) == nil)
        #expect(Accounts.account(carol.account, in: scene.ledger.state) != nil)
        // It is the issuer still, and rita's sponsor until she finds another.
        try scene.ledger.issue(5, to: rita, issuer: "carol")
        let open = try scene.ledger.send(
            carol, scene.ledger.openAction(TestLedger.key("sami"), sponsor: "carol"))
        #expect(open.code == AccountsRejection.notAMember.rawValue)
        try scene.ledger.done(rita, .requestSponsor("alfa"))
        try scene.ledger.done(scene.member(0), .acceptSponsored(rita))
    }

    @Test func `a member that comes back goes on with its sequence, and with its old node key`()
        throws
    {
        let scene = try AllianceScene(members: 3)
        let carol = MemberID(rawValue: "carol")!
        let ledger = scene.ledger
        _ = ledger.apply(try ledger.entry(by: "carol"))
        let out = try scene.propose(.expel("carol"))
        try scene.yes(1...2, on: out)
        let sequence = ledger.replica.lastSequence(of: carol)
        #expect(sequence > 0)
        try ledger.advance(milliseconds: 9_000)
        let account = Data(TestLedger.key("carol's second account").publicKey.bytes)
        let back = try scene.propose(.admit("carol", accountKey: account))
        try scene.yes(1...1, on: back)
        #expect(scene.members.count == 3)
        #expect(ledger.replica.lastSequence(of: carol) == sequence)
        #expect(ledger.replica.lastClock(of: carol) == ledger.time)
        guard case .waiting = ledger.apply(try ledger.entry(by: "carol")) else {
            Issue.record("its next entry does not count")
            return
        }
        // With the account of old it would be one account for two memberships.
        let again = try ledger.send(
            scene.member(0),
            .propose(.admit("other", accountKey: Data(scene.member(2).key.publicKey.bytes))))
        #expect(again.code == AccountsRejection.accountExists.rawValue)
    }

    @Test func `a member that comes back with a new node key signs with that one only`() throws {
        let scene = try AllianceScene(members: 3)
        let ledger = scene.ledger
        let out = try scene.propose(.expel("carol"))
        try scene.yes(1...2, on: out)
        let new = TestLedger.key("carol's new node")
        let back = try scene.propose(
            .admit(
                "carol", nodeKey: Data(new.publicKey.bytes),
                accountKey: Data(TestLedger.key("carol's second account").publicKey.bytes)))
        try scene.yes(1...1, on: back)
        let next = ledger.replica.lastSequence(of: MemberID(rawValue: "carol")!) + 1
        #expect(!ledger.replica.counts(try ledger.entry(by: "carol", sequence: next)))
        let entry = try ledger.entry(by: "carol", sequence: next, nodeKey: new)
        #expect(ledger.replica.counts(entry))
        guard case .waiting = ledger.apply(entry) else {
            Issue.record("the new node key does not count")
            return
        }
    }

    // MARK: Parameters

    @Test(arguments: ParameterDefinition.all.map(\.name))
    func `each parameter can be set to its bounds and not beyond`(name: String) throws {
        let definition = try #require(ParameterDefinition.named(name))
        // One ledger for each bound: the voting period is one of them.
        for value in [definition.bounds.lowerBound, definition.bounds.upperBound] {
            let scene = try AllianceScene(members: 1)
            try scene.propose(.set(name, to: value))
            #expect(scene.parameters[keyPath: definition.field] == value)
        }
        let scene = try AllianceScene(members: 1)
        for value in [definition.bounds.lowerBound - 1, definition.bounds.upperBound + 1] {
            let receipt = try scene.ledger.send(scene.member(0), .propose(.set(name, to: value)))
            #expect(receipt.code == AllianceRejection.parameterOutOfBounds.rawValue)
            #expect(receipt.detail == definition.boundsText)
        }
    }

    @Test func `every field of Parameters is defined, under its own name`() throws {
        // The JSON form names each field that is not 0 as the .proto file does.
        var all = Parameters()
        for (index, definition) in ParameterDefinition.all.enumerated() {
            all[keyPath: definition.field] = UInt64(index + 1)
        }
        let text = all.jsonForm(pretty: false)
        for (index, definition) in ParameterDefinition.all.enumerated() {
            #expect(text.contains("\"\(definition.name)\":\(index + 1)"), "\(text)")
        }
        #expect(text.count { $0 == ":" } == ParameterDefinition.all.count)
        // Field numbers run without a gap, and the next one is unknown.
        let next = [UInt8((ParameterDefinition.all.count + 1) << 3), 1]
        #expect(throws: MessageFault.self) { try Parameters(strict: next) }
    }

    @Test func `genesis fills in what is left out`() throws {
        let ledger = try TestLedger(parameters: .with { $0.timersPerBlock = 3 })
        let parameters = Alliance.parameters(in: ledger.state)
        for definition in ParameterDefinition.all {
            let expected = definition.name == "timers_per_block" ? 3 : definition.standard
            #expect(parameters[keyPath: definition.field] == expected)
        }
    }

    @Test func `genesis with a parameter out of bounds is refused by name`() throws {
        let fault = #expect(throws: GenesisRefused.self) {
            try TestLedger(parameters: .with { $0.votingPeriodMs = 59_999 })
        }
        #expect(fault?.rejection.code == AllianceRejection.parameterOutOfBounds.rawValue)
        #expect(fault?.description.contains("parameters.voting_period_ms") == true)
        #expect(fault?.description.contains("60000 to 31536000000") == true)
    }

    @Test func `a set voting period holds for proposals made after it`() throws {
        let scene = try AllianceScene(members: 1)
        try scene.propose(.set("voting_period_ms", to: 120_000))
        let proposal = try scene.propose(.set("bookings_per_resource", to: 7))
        let row = scene.row(proposal)
        #expect(row.closesAtMs - row.proposedAtMs == 120_000)
    }

    @Test func `a process is adopted by vote, once`() throws {
        let scene = try AllianceScene(members: 2)
        let process = LeaseProcess.definition
        let proposal = try scene.propose(.adoptProcess(process))
        #expect(Agreements.process(process.id, in: scene.ledger.state) == nil)
        let receipt = try scene.vote(true, on: proposal, by: 1)
        #expect(receipt.events.map(\.alliance.processAdopted.process) == ["", process.id, ""])
        #expect(Agreements.process(process.id, in: scene.ledger.state) == process)
        let again = try scene.ledger.send(scene.member(0), .propose(.adoptProcess(process)))
        #expect(again.code == AgreementsRejection.processExists.rawValue)
    }

    // MARK: The watchman himself

    @Test func `the invariants notice what members, votes and parameters may not be`() throws {
        let scene = try AllianceScene(members: 3)
        let proposal = try scene.propose(.set("bookings_per_resource", to: 7))
        let bravo = MemberID(rawValue: "bravo")!
        func violations(_ change: (StateOverlay) -> Void) -> [String] {
            let overlay = StateOverlay(over: scene.ledger.state)
            change(overlay)
            return Alliance.checkInvariants(in: overlay)
        }
        #expect(violations { _ in }.isEmpty)
        #expect(!violations { Alliance.members.remove(bravo, in: $0) }.isEmpty)
        #expect(
            !violations { Alliance.actingAccounts.remove(scene.member(1).account, in: $0) }.isEmpty)
        #expect(!violations { CoreRows.authors.remove(bravo, in: $0) }.isEmpty)
        #expect(!violations { Accounts.accounts.remove(scene.member(1).account, in: $0) }.isEmpty)
        #expect(
            !violations {
                var parameters = scene.parameters
                parameters.timersPerBlock = 0
                Alliance.parameterRow.set(NoKey(), parameters, in: $0)
            }.isEmpty)
        func vote(_ change: (inout Proposal) -> Void) -> [String] {
            violations {
                var row = scene.row(proposal)
                change(&row)
                Alliance.proposals.set(proposal, row, in: $0)
            }
        }
        #expect(!vote { $0.no = ["alfa"] }.isEmpty)
        #expect(!vote { $0.yes = ["carol", "alfa"] }.isEmpty)
        #expect(!vote { $0.status = .lapsed }.isEmpty)
        #expect(!vote { $0.closesAtMs += 1 }.isEmpty)
    }
}
