import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

/// The ceremony on real homes, from statements to the first block of the new epoch.
@Suite("A recovery ceremony", .timeLimit(.minutes(30)))
struct CeremonyTests {
    private func statements(
        _ alliance: ForkedAlliance, of names: [String]
    ) throws -> [Signed] {
        try names.map { name in
            try #require(try alliance.home(name).state(closing: nil).first).statement
        }
    }

    @Test func `finds the block that may be final, and goes on from it`() async throws {
        let alliance = try ForkedAlliance.split()
        let final = alliance.tip("alfa")
        // A block that nobody attested; its transaction must come back.
        let dropped = try alliance.block(on: ["alfa"])
        try alliance.close()
        let three = try statements(alliance, of: ["bravo", "carol", "delta"])
        let bravo = try alliance.home("bravo")
        let open = try bravo.ceremony(closing: nil, statements: three)
        guard case .conflict(let tops, let settling) = open.decision.outcome else {
            Issue.record("\(open.decision.outcome)")
            return
        }
        #expect(Set(tops) == [alliance.tip("bravo"), alliance.tip("delta")])
        #expect(settling.missing == [.alfa])
        #expect(settling.atLeast == 1)
        let alfa = try statements(alliance, of: ["alfa"])
        let ceremony = try bravo.ceremony(closing: nil, statements: three + alfa)
        #expect(ceremony.decision.outcome == .base(final))
        #expect(ceremony.refused.isEmpty)

        var record = ceremony.record(on: final, earlier: [])
        let proposal = record
        for name in ForkedAlliance.names {
            let signed = try alliance.home(name).sign(proposal)
            try record.addSignatures(of: signed.message, from: name)
            if name == "alfa" {
                #expect(throws: RecoveryFault.self) {
                    try alliance.home("alfa").begin(record, engineIsNew: false)
                }
            }
        }
        let begun = try alliance.home("alfa").begin(record, engineIsNew: false)
        #expect(begun.base == final && begun.tip.height == final.height.next)
        #expect(begun.returned == 1)
        #expect(try alliance.home("alfa").begin(record, engineIsNew: false).isOld)
        // To bravo's ledger nobody has shown the base's quorum: the record stands for it.
        let bravos = alliance.site("bravo").home
        #expect(try await verified(bravos) < final.height)
        _ = try alliance.home("bravo").begin(record, engineIsNew: false)
        #expect(try finalHeight(of: bravos) == final.height)
        #expect(try await verified(bravos) == final.height)
        try await expectDamage(bravos, record)
        // Delta's ledger went another way; it has nothing to begin on.
        #expect(throws: RecoveryFault.self) {
            try alliance.home("delta").begin(record, engineIsNew: false)
        }
        try await goOn(alliance, from: final, with: dropped)
        // It is done with: what became final behind its base does not void it.
        #expect(throws: RecoveryFault.self) { try alliance.home("alfa").sign(record) }
        try await arrive(at: alliance.site("alfa").home, by: record)
    }

    /// Up to where `koinon verify` finds blocks final.
    private func verified(_ home: TestHome) async throws -> Height {
        try await home.reading { try await Verification.run($0, genesis: home.genesis) }.finalHeight
    }

    /// An epoch that too few have signed did not begin.
    private func expectDamage(_ home: TestHome, _ record: RecoveryRecord) async throws {
        let file = home.home.directory.appending(path: "ledger.sqlite")
        func keep(_ record: RecoveryRecord) throws {
            try RowEditor.edit(file) { rows in
                try rows.execute(
                    "UPDATE meta SET value = x'\(Hex.encode(record.encoded))' WHERE name LIKE 'epoch %'"
                )
            }
        }
        var fewer = record
        fewer.beginning.base.attestations.removeLast(2)
        try keep(fewer)
        await #expect {
            _ = try await verified(home)
        } throws: {
            "\($0)".contains("the record of epoch 1 lacks signatures: 3 of 4 members")
        }
        var forged = record
        forged.beginning.base.attestations[0].signature[5] ^= 1
        try keep(forged)
        await #expect(throws: Verification.Finding.self) { try await verified(home) }
        try keep(record)
        #expect(try await verified(home) == Height(3))
    }

    private func finalHeight(of home: TestHome) throws -> Height {
        let store = try LedgerStore(opening: home.home.directory)
        let resumed = try Resumption(
            store: store, genesis: home.genesis, hosted: [], guards: GuardKeeper([:]),
            beginsGuards: false)
        try store.close()
        return resumed.attester.finality.finalHeight
    }

    /// The node goes on in the new epoch; whoever follows it by signatures learns of it.
    private func goOn(
        _ alliance: ForkedAlliance, from base: BlockHeader, with dropped: Envelope
    ) async throws {
        let home = alliance.site("alfa").home
        try home.host(ForkedAlliance.names)
        try await home.running { node in
            #expect(node.tip == base)
            await node.untilHeight(base.height.next)
            await node.untilIdle()
            #expect(node.tip.epoch == 1)
            #expect(node.finalHeight == node.tip.height)
            let outcome = try await node.outcome(of: dropped)
            #expect(outcome.place?.contains(" \(base.height.next) ") == true)
        }
        try await home.expectProven(dropped, behind: 1)
        // And after another start.
        try await home.running { node in #expect(node.tip.epoch == 1) }
        try await join(home)
    }

    /// Somebody begins from a snapshot of the new epoch, and can show how that began.
    private func join(_ home: TestHome) async throws {
        let folder = SnapshotFolder(home: home.home)
        let height = try await home.reading { store in
            try await folder.make(of: store, genesis: home.genesis)
        }
        let follower = try Follower(home.genesis)
        let loading = SnapshotLoading(
            manifest: try SnapshotManifest(encoded: folder.manifest(at: height)),
            folder: folder.folder(at: height))
        let replica = try await loading.run(into: follower.home.directory, genesis: home.genesis)
        #expect(replica.read { $0.epoch } == 1)
        let store = try LedgerStore(opening: follower.home.directory, readOnly: true)
        let proof = try store.prove(block: height, genesis: home.genesis)
        #expect(try proof.check(genesis: home.genesis).header.epoch == 1)
        #expect(proof.epochRecords.map(\.epoch) == [1])
        try store.close()
    }

    /// Somebody begins from the first block, and needs the record where the epoch began.
    private func arrive(at home: TestHome, by record: RecoveryRecord) async throws {
        let follower = try Follower(home.genesis)
        let peer = try StorePeer("alfa", home)
        await #expect(throws: CatchUpFault.self) { try await follower.catchUp([peer]) }
        let begun = try RecoveryHome(follower.home).begin(record, engineIsNew: false)
        #expect(begun.base == begun.tip && begun.returned == 0)
        try await follower.catchUp([peer])
        let verified = try await follower.verify()
        #expect(verified.tip?.epoch == 1)
        #expect(verified.finalHeight == verified.tip?.height)
    }

    @Test func `has a node run on in the epoch that is closed, and attest nothing in it`() throws {
        let alliance = try ForkedAlliance.split()
        try alliance.close()
        _ = try statements(alliance, of: ["alfa"])
        let node = try alliance.site("alfa").home.node()
        #expect(node.standings.map(\.standing) == [.follows(.epochClosed(0))])
        try node.store.close()
        // The same statement again, whatever else has come meanwhile.
        let again = try #require(try alliance.home("alfa").state(closing: nil).first)
        #expect(again.isOld)
        #expect(again.statement == (try statements(alliance, of: ["alfa"])[0]))
    }

    @Test func `believes a quorum that is shown beside the statements`() throws {
        let alliance = try ForkedAlliance.split()
        let final = alliance.tip("alfa")
        try alliance.close()
        let three = try statements(alliance, of: ["bravo", "carol", "delta"])
        let wrong = try RecoveryHome(alliance.site("bravo").home.home, rule: HighestKnownQuorum())
        let ceremony = try wrong.ceremony(closing: nil, statements: three)
        guard case .base(let base) = ceremony.decision.outcome else {
            Issue.record("\(ceremony.decision.outcome)")
            return
        }
        // By a wrong rule, block 2: what alfa knows to be final would be undone.
        #expect(base.height < final.height)
        let record = ceremony.record(on: base, earlier: [])
        #expect(throws: RecoveryFault.self) { try alliance.home("alfa").sign(record) }
        let alfa = try RecoveryHome(alliance.site("alfa").home.home, rule: HighestKnownQuorum())
        do {
            _ = try alfa.sign(record)
            Issue.record("alfa signed what undoes its final block")
        } catch let refusal as RecoveryHome.FinalElsewhere {
            #expect(refusal.header == final)
            let settled = try alliance.home("bravo").ceremony(
                closing: nil, statements: three, quorums: [refusal.final], sets: refusal.sets)
            #expect(settled.decision.outcome == .base(final))
            let record = settled.record(on: final, earlier: [])
            #expect(try alliance.home("delta").sign(record).header == final)
        }
    }

    @Test func `convicts a member by attestations that its statement hides`() throws {
        let alliance = try ForkedAlliance.split()
        try alliance.attest(["delta"], tipOf: "bravo", keptBy: ["bravo"])
        try alliance.close()
        let three = try statements(alliance, of: ["bravo", "carol", "delta"])
        let ceremony = try alliance.home("carol").ceremony(closing: nil, statements: three)
        #expect(ceremony.decision.outcome == .base(alliance.tip("bravo")))
        let delta = TestHome.nodeKey(of: "delta").publicKey
        guard case .twoBlocks? = ceremony.decision.convicted[delta] else {
            Issue.record("\(ceremony.decision.convicted)")
            return
        }
        #expect(ceremony.decision.convicted.count == 1)
    }

    @Test func `needs a quorum of statements, and takes none that is altered`() throws {
        let alliance = try ForkedAlliance.split()
        try alliance.close()
        let two = try statements(alliance, of: ["bravo", "delta"])
        let bravo = try alliance.home("bravo")
        guard
            case .tooFew(let lacks) = try bravo.ceremony(closing: nil, statements: two)
                .decision.outcome
        else {
            Issue.record("two are enough")
            return
        }
        #expect(lacks.map(\.stated) == [2])
        #expect(lacks[0].missing == [.alfa, .carol])
        let third = try statements(alliance, of: ["carol"])[0]
        let alterations: [(String, (inout Signed) throws -> Void)] = [
            ("the signature", { $0.signature[3] ^= 1 }),
            ("a byte of the body", { $0.body[40] ^= 1 }),
            ("an unknown field", { $0.body += [0xf8, 0x07, 0x01] }),
            ("nothing", { $0.body = Data() }),
        ]
        for (name, alter) in alterations {
            var statement = third
            try alter(&statement)
            let ceremony = try bravo.ceremony(closing: 0, statements: two + [statement])
            #expect(ceremony.refused.count == 1, "\(name)")
            #expect(ceremony.stated.count == 2, "\(name)")
        }
        // Signed, but claiming what no honest member can.
        try check(third, two, bravo)
    }

    private func check(_ statement: Signed, _ others: [Signed], _ bravo: RecoveryHome) throws {
        let key = TestHome.nodeKey(of: "carol")
        func altered(_ edit: (inout RecoveryStatement) -> Void) throws -> Signed {
            var body = try RecoveryStatement(strict: Array(statement.body))
            edit(&body)
            return key.sign(body.encoded, as: .recoveryStatement).message
        }
        // A block that names somebody's own members, and one that these judge.
        let mallory = MemberSet([
            .init(id: .alfa, nodeKey: TestHome.nodeKey(of: "mallory").publicKey)
        ])
        let own = try RecoveryStatement(strict: Array(statement.body))
        var change = try BlockHeader(encoded: Array(own.headers[0]))
        change.nextMembersHash = mallory.hash
        var judged = change
        judged.height = change.height.next
        judged.parent = change.hash
        judged.membersHash = mallory.hash
        let forged = TestHome.nodeKey(of: "mallory").sign(
            Attestation.body(of: judged), as: .attestation)
        func attest(_ header: BlockHeader, in body: inout RecoveryStatement) {
            body.attested[0].height = header.height.rawValue
            body.attested[0].blockHash = Data(header.hash.bytes)
            body.sets.append(MemberList(mallory))
        }
        let claims: [(String, Signed)] = [
            (
                "a branch past members whom it made up",
                try altered {
                    attest(judged, in: &$0)
                    $0.headers = [change, judged].map { Data($0.encoded) }
                }
            ),
            (
                "a final block by members whom it made up",
                try altered {
                    attest(judged, in: &$0)
                    $0.final = SignedHeader(judged, [forged])
                    $0.headers = []
                }
            ),
            ("a tip without its header", try altered { $0.headers = [] }),
            (
                "a tip in a later epoch without its record",
                try altered {
                    $0.closes = 1
                    $0.attested[0].epoch = 1
                }
            ),
            (
                "a final block without a quorum",
                try altered {
                    $0.final.header = $0.headers[0]
                    $0.final.attestations = $0.attestations
                }
            ),
            ("members left out", try altered { $0.sets = [] }),
            ("no chain", try altered { $0.chain = Data() }),
            ("epochs that fall", try altered { $0.attested.append($0.attested[0]) }),
        ]
        for (name, claim) in claims {
            let ceremony = try bravo.ceremony(closing: 0, statements: others + [claim])
            #expect(ceremony.refused.count == 1, "\(name)")
        }
    }

    @Test func `signs one base an epoch, and only after closing the one before`() throws {
        let alliance = try ForkedAlliance.split()
        let final = alliance.tip("alfa")
        try alliance.close()
        let all = try statements(alliance, of: ["alfa", "bravo", "carol"])
        let bravo = try alliance.home("bravo")
        let record = try bravo.ceremony(closing: nil, statements: all).record(
            on: final, earlier: [])
        #expect(throws: RecoveryFault.self) { try alliance.home("delta").sign(record) }
        let signed = try bravo.sign(record)
        #expect(signed.signings.map(\.signed) == [[.bravo]])
        var other = record
        other.beginning.base.header = Data(alliance.tip("delta").encoded)
        #expect(throws: RecoveryFault.self) { try bravo.sign(other) }
        // Statements that are not in it lead elsewhere: it is not what they signed.
        var fewer = record
        fewer.statements.removeLast()
        #expect(throws: RecoveryFault.self) { try bravo.sign(fewer) }
        // A second ceremony closes the epoch that was signed.
        let second = try #require(try bravo.state(closing: nil).first)
        #expect(second.closes == 1)
        let carol = try #require(try alliance.home("carol").state(closing: 1).first)
        let alfa = try #require(try alliance.home("alfa").state(closing: 1).first)
        let missing = try bravo.ceremony(
            closing: nil, statements: [second, carol, alfa].map(\.statement))
        #expect(missing.refused.count == 1)
        let again = try bravo.ceremony(
            closing: nil, statements: [second, carol, alfa].map(\.statement),
            records: [signed.message])
        #expect(again.closes == 1)
        #expect(again.decision.outcome == .base(final))
        let later = again.record(on: final, earlier: [signed.message])
        #expect(try bravo.sign(later).epoch == 2)
    }

    @Test func `believes the guard more than the ledger about what was signed`() throws {
        let alliance = try ForkedAlliance.split()
        let (tip, other) = (alliance.tip("carol"), alliance.tip("delta"))
        let before = alliance.site("carol").home.home
        try alliance.close()
        let key = TestHome.nodeKey(of: "carol").publicKey
        func record(_ epoch: UInt64, _ header: BlockHeader) -> GuardRecord {
            GuardRecord(
                member: .carol, nodeKey: key, epoch: epoch, height: header.height,
                hash: header.hash)
        }
        func recovery(_ kept: GuardRecord?) throws -> (RecoveryHome, MemoryGuard) {
            let kept = MemoryGuard(kept)
            return (try RecoveryHome(before, guards: RecoveryGuards { _ in kept }), kept)
        }
        // Lost, of another branch, and of a record that is not at hand.
        for kept in [nil, record(0, other), record(1, tip)] {
            #expect(throws: RecoveryFault.self) { try recovery(kept).0.state(closing: nil) }
        }
        #expect(try RecoveryFiles(before).closedEpochs().isEmpty)
        let (carol, kept) = try recovery(record(0, tip))
        let own = try #require(try carol.state(closing: nil).first)
        #expect(own.body.attested.map(\.height) == [tip.height.rawValue])
        let all = try statements(alliance, of: ["alfa", "bravo"]) + [own.statement]
        let proposal = try carol.ceremony(closing: nil, statements: all)
            .record(on: tip, earlier: [])
        #expect(try carol.sign(proposal).signings[0].signed == [.carol])
        #expect(kept.current()?.epoch == 1 && kept.current()?.hash == tip.hash)
        // Another base of that epoch it cannot sign, whatever the home's files say.
        kept.raise(to: record(1, other))
        #expect(throws: RecoveryFault.self) { try carol.sign(proposal) }
    }

    /// It may have signed another base in that epoch, for a record that came to nothing or not.
    @Test func `takes no signature of a member that does not know what its key has signed`()
        throws
    {
        let alliance = try ForkedAlliance.split()
        let tip = alliance.tip("carol")
        let home = alliance.site("carol").home.home
        try alliance.close()
        func carol(_ kept: GuardRecord?) throws -> RecoveryHome {
            let kept = MemoryGuard(kept)
            return try RecoveryHome(home, guards: RecoveryGuards { _ in kept })
        }
        var record = GuardRecord(
            member: .carol, nodeKey: TestHome.nodeKey(of: "carol").publicKey, epoch: 0,
            height: tip.height, hash: tip.hash)
        let own = try #require(try carol(record).state(closing: nil).first).statement
        let all = try statements(alliance, of: ["alfa", "bravo"]) + [own]
        let proposal = try carol(record).ceremony(closing: nil, statements: all)
            .record(on: tip, earlier: [])
        record.isBarred = true
        for kept in [nil, record] {
            #expect {
                try carol(kept).sign(proposal)
            } throws: {
                ($0 as? RecoveryFault)?.what.contains("carol has no current guard") == true
            }
            #expect(try RecoveryFiles(home).record(of: 1) == nil)
        }
        record.isBarred = false
        #expect(try carol(record).sign(proposal).signings[0].signed == [.carol])
    }

    @Test func `leaves a guard with which the member goes on in the new epoch`() throws {
        let alliance = try ForkedAlliance.split()
        let base = alliance.tip("carol")
        let key = TestHome.nodeKey(of: "carol").publicKey
        let old = GuardRecord(
            member: .carol, nodeKey: key, epoch: 0, height: base.height.next, hash: .sha256([1]))
        let kept = MemoryGuard(old)
        let hosted = HostedMember(id: .carol, nodeKey: TestHome.nodeKey(of: "carol"))
        try RecoveryGuards { _ in kept }.enter(1, at: base, hosted)
        // The node starts on the base, whose own epoch is the old one.
        var rule = BranchRule(
            member: .carol, nodeKey: key, record: kept.current(), tip: base,
            headerAt: { _ in nil })
        #expect(rule.standing == .attests)
        var next = base
        next.epoch = 1
        next.height = base.height.next
        next.parent = base.hash
        rule.reach(next)
        #expect(rule.standing == .attests)
        #expect(rule.sign(next)?.hash == next.hash)
        // On another branch than the base it only follows.
        let lost = BranchRule(
            member: .carol, nodeKey: key, record: kept.current(), tip: alliance.tip("delta"),
            headerAt: { _ in nil })
        #expect(lost.standing == .follows(.otherBranch(base.height)))
        try alliance.close()
    }

    @Test func `takes altered files as what they are`() throws {
        let alliance = try ForkedAlliance.split()
        let final = alliance.tip("alfa")
        try alliance.close()
        let all = try statements(alliance, of: ["alfa", "bravo", "carol"])
        let bravo = try alliance.home("bravo")
        let record = try bravo.ceremony(closing: nil, statements: all)
            .record(on: final, earlier: [])
        var random = SeededRandom(seed: 5)
        for _ in 0..<200 {
            var bytes = record.encoded
            for _ in 0...random.below(3) {
                let place = random.below(bytes.count)
                switch random.below(3) {
                case 0: bytes[place] ^= UInt8(1 << random.below(8))
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8(random.below(256)), at: place)
                }
            }
            guard let altered = try? RecoveryFiles.record(bytes) else { continue }
            guard let checked = try? bravo.check(altered) else { continue }
            // What is still taken says the same.
            #expect(checked.header == final && checked.epoch == 1)
        }
    }
}
