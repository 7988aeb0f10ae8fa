import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonEtcd

/// `koinon node`, four times, on one etcd.
@Suite("an alliance of four nodes", .needsEtcd, .timeLimit(.minutes(30)))
struct AllianceTests {
    @Test("holds one ledger: what any node takes is final at all of them")
    func together() async throws {
        try await FaultRun.with(servers: 1) { run in
            while run.load.final.count < 2 * 4 * 4 { try await run.goesOn() }
            await run.load.stop()
            try await run.alliance.expectAgreement(run.load)
        }
    }

    @Test("goes on under load while a member's node key and its certificate are renewed")
    func renewal() async throws {
        try await FaultRun.with(servers: 1) { run in
            let alliance = run.alliance
            let before = try await alliance.client(0).members().map(\.nodeKey)
            for name in ["delta", "alfa"] {
                let renewed = try await OwnThread.run {
                    try alliance.run(
                        BuiltCommand.koinon.path, ["renew-key", "--home", "members/\(name)"])
                }
                #expect(renewed.status == 0, "\(renewed.output)")
                #expect(renewed.output.contains("has it"), "\(renewed.output)")
                try await run.goesOn()
            }
            let after = try await alliance.client(0).members().map(\.nodeKey)
            #expect(zip(before, after).map { $0 != $1 } == [true, false, false, true])
            let status = try await alliance.client(3).status()
            #expect(status.memberStates?.allSatisfy { $0.silent == nil } == true)

            try await alliance.succeed(
                "'\(BuiltCommand.koinon.path)' alliance certificate alfa --folder .")
            let taken = "etcd is spoken to with the certificate that was put there"
            let deadline = ContinuousClock.now + RunningAlliance.patience
            while !alliance.log(of: "alfa").contains(taken), ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(alliance.log(of: "alfa").contains(taken))
            // No connection from before is left.
            try await alliance.killServer(0)
            try alliance.startServer(0)
            try await run.goesOn()
            await run.load.stop()
            try await alliance.expectAgreement(run.load)
        }
    }

    @Test("serves by others' blocks where a member was expelled while its node was away")
    func expelled() async throws {
        let alliance = try await RunningAlliance.start()
        try await alliance.stopNode(3)
        let client = try alliance.client(0)
        let delta = try #require(MemberID(rawValue: "delta"))
        try await alliance.decide("Out", Action.expulsion(of: delta))
        #expect(try await client.members().map(\.id) == ["alfa", "bravo", "carol"])
        try await alliance.succeed(
            "ctl() { \(try alliance.etcdctl()) \"$@\"; }; ctl user delete delta")
        for _ in 0..<2 {
            try await alliance.startNode(3)
            let height = try await client.status().height
            var last: UInt64 = 0
            let deadline = ContinuousClock.now + RunningAlliance.patience
            while last < height, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(100))
                // It starts anew in between.
                last = (try? await alliance.client(3).status().finalHeight) ?? last
            }
            #expect(last == height, "\(alliance.log(of: "delta"))")
            #expect(try await alliance.stopNode(3) == 0)
        }
        let log = alliance.log(of: "delta")
        #expect(log.contains("delta is no member any more"))
        #expect(log.contains("the order is read no further"))
    }

    /// As when a disk is lost after the account has registered the key that lay on it, and the
    /// keys alone come back.
    @Test("has a member sign again whose next node key was registered and lost its guard too")
    func renewalWithoutGuard() async throws {
        try await FaultRun.with(servers: 1) { run in
            let alliance = run.alliance
            let other = "http://\(alliance.nodes[0].host):\(alliance.nodes[0].port)"
            let command =
                "'\(BuiltCommand.koinon.path)' renew-key --home members/delta --node \(other)"
            try await alliance.stopNode(3)
            try await alliance.succeed(command)
            // As it lies when the command ends before the key has taken its place.
            try await alliance.succeed(
                """
                set -e
                cd members/delta
                mkdir -p -m 700 keys/next
                mv keys/delta.node.json keys/next
                rm guards/delta-*
                """)
            let registered = try await alliance.client(0).members()[3].nodeKey
            let renewed = try await alliance.shell(command)
            #expect(renewed.status == 0, "\(renewed.output)")
            #expect(
                renewed.output.contains("its next key, \(registered), is registered already"),
                "\(renewed.output)")
            #expect(renewed.output.contains("delta has another node key"), "\(renewed.output)")
            #expect(try await alliance.client(0).members()[3].nodeKey != registered)
            try await alliance.startNode(3)
            try await run.goesOn()
            let status = try await alliance.client(3).status()
            #expect(status.memberStates?.allSatisfy { $0.silent == nil } == true)
            await run.load.stop()
            try await alliance.expectAgreement(run.load)
        }
    }

    /// What a machine's loss and a backup from before it come to, by the commands that
    /// docs/operate.md names.
    @Test("has a member on a restored home follow, sign nothing, and sign again with a new key")
    func restoredHome() async throws {
        try await FaultRun.with(servers: 1) { run in
            let alliance = run.alliance
            let koinon = "'\(BuiltCommand.koinon.path)'"
            let delta = try #require(MemberID(rawValue: "delta"))
            try await alliance.succeed(
                "\(koinon) backup --home members/delta --to delta.backup --with-keys")
            // It signs on, so that the copy is old.
            try await run.goesOn()
            try await alliance.killNode(3)
            try await run.goesOn(except: [3])
            try await alliance.succeed(
                """
                set -e
                rm -rf members/delta
                \(koinon) restore --from delta.backup --home members/delta
                ! test -e members/delta/guards
                """)
            let lost = Height(try await alliance.client(0).status().height)
            let old = try await alliance.client(0).members()[3].nodeKey
            /// With which keys it signed since, as the others have it.
            func signed() throws -> Set<String> {
                let store = try LedgerStore(opening: alliance.home(0), readOnly: true)
                defer { try? store.close() }
                return try store.read { reader in
                    Set(
                        try reader.attestations(above: lost).filter { $0.member == delta }
                            .map(\.envelope.publicKey.hex))
                }
            }
            try await alliance.startNode(3)
            try await run.goesOn()
            try await run.expectStatus("signs nothing", remedy: "new node key", of: 3)
            try await run.goesOn()
            #expect(try signed() == [])

            // It registers the key with the account that sends for delta all the time.
            await run.load.stop()
            try await alliance.renewKey(3)
            run.load.start()
            let new = try await alliance.client(0).members()[3].nodeKey
            #expect(new != old)
            try await run.goesOn()
            let deadline = ContinuousClock.now + RunningAlliance.patience
            while try signed().isEmpty, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(try signed() == [new], "\(alliance.log(of: "delta"))")
            await run.load.stop()
            try await alliance.expectAgreement(run.load)
        }
    }
}

extension RunningAlliance {
    /// Three members vote for a change, each with its first transaction; it is final on return.
    func decide(_ title: String, _ change: Propose.OneOf_Change) async throws {
        let client = try client(0)
        var builders = try (0..<3).map { try builder(of: $0) }
        let proposal: ProposalID = builders[0].nextID(ofAction: 0)
        for index in builders.indices {
            let action =
                index == 0 ? Action.propose(title: title, change) : Action.vote(true, on: proposal)
            let built = try builders[index].build(
                [action], now: try await client.status().ledgerNow)
            let answer = try await client.submit(
                built.envelope, wait: .final, limit: Self.patience)
            #expect(answer.status == .done && answer.final == true, "\(answer)")
        }
    }
}
