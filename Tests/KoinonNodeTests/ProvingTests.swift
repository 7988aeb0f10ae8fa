import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

/// Proof files made from a node's store, checked from the genesis document alone.
@Suite("A proof", .timeLimit(.minutes(30)))
struct ProvingTests {
    @Test func `holds under every set of members that judged its block`() async throws {
        let home = try TestHome()
        let (alfa, bravo, carol) = (home.member("alfa"), home.member("bravo"), home.member("carol"))
        let first = try alfa.sign(.registerKind("first", title: "Judged by two"))
        let unfinished = try alfa.sign(.registerKind("second", title: "Judged by three"))
        try await home.running { node in
            #expect(try await node.receipt(of: first).code == 0)
            try await Decisions.decide(Decisions.admission("carol"), by: [alfa, bravo], on: node)
            let change = node.tip.height
            #expect(change == Height(3))
            try await node.untilFinal(change)
            #expect(node.finalHeight == change, "the change is final by those who decided it")

            // Two of three: the chain goes on, and waits for Carol.
            #expect(try await node.receipt(of: unfinished).code == 0)
            await node.untilIdle()
            #expect(node.tip.height == Height(4))
            #expect(node.finalHeight == change)
            #expect(throws: ProofMakingFault.notFinal(Height(4))) {
                try node.store.prove(transaction: unfinished.bodyHash, genesis: home.genesis)
            }
            // What was final stays provable.
            let proof = try node.store.prove(transaction: first.bodyHash, genesis: home.genesis)
            #expect(try proof.check(genesis: home.genesis).memberChanges == 0)
        }
        try home.host(["alfa", "bravo", "carol"])
        try await home.running { node in
            // She signs what was closed without her; nobody has to send anything.
            #expect(node.finalHeight == Height(4))
            await node.untilIdle()
            #expect(try node.carriedAttestations().filter { $0.height == Height(4) }.count == 3)
            let proof = try node.store.prove(
                transaction: unfinished.bodyHash, genesis: home.genesis)
            #expect(try await node.prove(transaction: unfinished.bodyHash) == proof)
            let checked = try proof.check(genesis: home.genesis)
            #expect(checked.memberChanges == 1)
            #expect(checked.attesters.map(\.rawValue) == ["alfa", "bravo", "carol"])
            #expect(checked.header.height == Height(4))

            let expulsion = Action.expulsion(of: try #require(MemberID(rawValue: "bravo")))
            try await Decisions.decide(expulsion, by: [carol, alfa, bravo], on: node)
            let change = node.tip.height
            try await node.untilFinal(change)
            #expect(node.finalHeight == change)
            let last = try carol.sign(.registerKind("third", title: "Judged by two others"))
            #expect(try await node.receipt(of: last).code == 0)
            await node.untilIdle()
            #expect(node.finalHeight == node.tip.height)
            #expect(
                try node.store.read { try $0.attestations(at: node.tip.height) }.map(
                    \.member.rawValue) == ["alfa", "carol"])
            for (id, changes) in [(first, 0), (unfinished, 1), (last, 2)] {
                let proof = try node.store.prove(transaction: id.bodyHash, genesis: home.genesis)
                let checked = try proof.check(genesis: home.genesis)
                #expect(checked.memberChanges == changes)
                // The node, which remembers the changes that it has seen, makes the same.
                #expect(try await node.prove(transaction: id.bodyHash) == proof)
                guard case .transaction(let proved, _, _, let receipt) = checked.content else {
                    Issue.record("it proves something else")
                    continue
                }
                #expect(proved == id.bodyHash)
                #expect(receipt.code == 0)
            }
            // One who was expelled votes no more, and writes no entry with effect.
            #expect(try await bravo.send(.registerKind("fourth", title: "x"), to: node).code != 0)
        }
        let report = try await home.reading {
            try await Verification.run($0, genesis: home.genesis)
        }
        #expect(report.finalHeight == report.tip?.height)
    }

    @Test func `of a transaction waits for the signatures that make it final`() async throws {
        let home = try TestHome(hosts: ["alfa"])
        try await home.running { node in
            let sent = try home.member("alfa").sign(.registerKind("bike", title: "Bicycle"))
            #expect(try await node.receipt(of: sent).code == 0)
            await #expect(throws: ProofMakingFault.notFinal(Height(1))) {
                try await node.prove(transaction: sent.bodyHash, limit: .milliseconds(20))
            }
            async let proof = node.prove(transaction: sent.bodyHash, limit: .seconds(300))
            try await home.attest(by: "bravo", to: node)
            let checked = try await proof.check(genesis: home.genesis)
            #expect(checked.header.height == Height(1))
        }
    }

    @Test func `of state and of absence holds after changes of members`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let (alfa, bravo) = (home.member("alfa"), home.member("bravo"))
            try await alfa.done(.createUnit("usd", title: "US dollar", scale: 2), to: node)
            await node.untilIdle()
            let key = Money.units.stateKey("usd")
            let absent = Money.units.stateKey("eur")
            func check() throws {
                let proof = try node.store.prove(
                    stateKey: key, expectsValue: true, genesis: home.genesis)
                guard case .state(key, let value) = try proof.check(genesis: home.genesis).content
                else { throw ProofMakingFault.absent }
                #expect(try UnitOfAccount(strict: value).title == "US dollar")
                let gap = try node.store.prove(
                    stateKey: absent, expectsValue: false, genesis: home.genesis)
                guard case .absent(absent) = try gap.check(genesis: home.genesis).content
                else { throw ProofMakingFault.present }
                #expect(proof.contentHeader == node.tip)
                // A file goes through its text and still holds.
                let read = try ProofFile(json: Array(proof.json.utf8))
                #expect(read == proof)
            }
            try check()
            #expect(throws: ProofMakingFault.absent) {
                try node.store.prove(stateKey: absent, expectsValue: true, genesis: home.genesis)
            }
            #expect(throws: ProofMakingFault.present) {
                try node.store.prove(stateKey: key, expectsValue: false, genesis: home.genesis)
            }
            try await Decisions.decide(
                Action.expulsion(of: try #require(MemberID(rawValue: "bravo"))),
                by: [alfa, bravo], on: node)
            await node.untilIdle()
            try check()
        }
    }

    @Test func `of a block without a quorum of its own is anchored in a later one`() async throws {
        let home = try TestHome()
        let alfa = home.member("alfa")
        let envelope = try alfa.sign(.registerKind("bike", title: "Bicycle"))
        try await home.running { node in
            _ = try await node.receipt(of: envelope)
            try await alfa.done(.registerKind("car", title: "Car"), to: node)
        }
        try home.alter {
            try $0.execute("DELETE FROM attestations WHERE height = 1 AND member = 'bravo'")
        }
        try await home.reading { store in
            let proof = try store.prove(transaction: envelope.bodyHash, genesis: home.genesis)
            #expect(proof.header.height == Height(2))
            #expect(proof.history?.header.height == Height(1))
            #expect(try proof.check(genesis: home.genesis).header.height == Height(1))
            #expect(throws: ProofMakingFault.unknownTransaction(.zero)) {
                try store.prove(transaction: .zero, genesis: home.genesis)
            }
        }
    }
}
