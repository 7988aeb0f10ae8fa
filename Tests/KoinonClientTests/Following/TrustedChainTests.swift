import Foundation
import KoinonProtocol
import Testing

@testable import KoinonLedger

@Suite("A chain followed by its signatures")
struct TrustedChainTests {
    /// Five changes of members, in one of which nobody stays, and two epochs.
    private static func long() throws -> SignedChain {
        var chain = try SignedChain()
        chain.blocks(3)
        chain.change(to: ["ant", "bee", "cat", "dog", "eel"])
        chain.change(to: ["eel", "fly", "gnu"])
        chain.blocks(2)
        chain.begin(epoch: 1)
        chain.blocks(4)
        chain.change(to: ["ant", "fly", "gnu"])
        chain.begin(epoch: 3, judges: SignedChain.set(["eel", "fly", "gnu"]), next: chain.members)
        chain.blocks(1)
        return chain
    }

    @Test func `is believed across changes of members and epochs`() throws {
        let chain = try Self.long()
        let trusted = try TrustedChain(genesis: chain.genesis)
            .following(chain.trust(), ancestry: nil)
        #expect(trusted.header == chain.tip)
        #expect(trusted.sets.epoch == 3)
        #expect(trusted.sets.members == chain.members)
        #expect(trusted.sets.memberChanges == 3)
        #expect(try TrustedChain(json: Array(trusted.json.utf8)) == trusted)
        let document = chain.trust()
        #expect(try TrustDocument(json: Array(document.json.utf8)) == document)
        // The same by a proof file, which has all of it in one.
        let proof = chain.proof()
        #expect(try ProofFile(json: Array(proof.json.utf8)) == proof)
        #expect(try proof.check(genesis: chain.genesis).memberChanges == 3)
        #expect(try proof.check(trusted: trusted).header == chain.tip)
    }

    @Test func `goes on where it stopped, and needs the path from there`() throws {
        var chain = try SignedChain()
        chain.blocks(3)
        let first = try TrustedChain(genesis: chain.genesis)
            .following(chain.trust(), ancestry: nil)
        let before = chain
        chain.change(to: ["ant", "bee", "cat"])
        chain.begin(epoch: 1, judges: before.members, next: chain.members)
        chain.blocks(5)
        let document = chain.trust(from: first.sets.least, epoch: first.sets.epoch)
        let second = try first.following(document, ancestry: chain.ancestry(of: 3, in: 9))
        #expect(second.height == Height(9) && second.sets.memberChanges == 1)
        #expect(throws: TrustedChain.Refusal.unconnected(Height(9))) {
            try first.following(document, ancestry: nil)
        }
        #expect(throws: TrustedChain.Refusal.unconnected(Height(9))) {
            try first.following(document, ancestry: chain.ancestry(of: 2, in: 9))
        }
        #expect(throws: TrustedChain.Refusal.behind(Height(3))) {
            try second.following(before.trust(), ancestry: nil)
        }
        #expect(throws: TrustedChain.Refusal.self) {
            try second.following(try SignedChain(5).trust(), ancestry: nil)
        }
    }

    @Test func `is given up for no other history, quorum or not`() throws {
        var chain = try SignedChain()
        chain.blocks(3)
        var other = chain
        chain.blocks(1)
        let trusted = try TrustedChain(genesis: chain.genesis)
            .following(chain.trust(), ancestry: nil)
        other.block(mark: 1)
        #expect(throws: TrustedChain.Refusal.forks(other.tip)) {
            try trusted.following(other.trust(), ancestry: nil)
        }
        other.blocks(2)
        #expect(throws: TrustedChain.Refusal.forks(other.tip)) {
            try trusted.following(other.trust(), ancestry: other.ancestry(of: 4, in: 6))
        }
        // Its own header on a path that does not lead there.
        var forged = other.ancestry(of: 4, in: 6)
        forged.header = chain.tip
        #expect(throws: TrustedChain.Refusal.unconnected(other.tip.height)) {
            try trusted.following(other.trust(), ancestry: forged)
        }
        // An epoch that began below what is trusted.
        var undone = other
        undone.begin(epoch: 1)
        undone.blocks(1)
        #expect(throws: TrustedChain.Refusal.forks(undone.tip)) {
            try trusted.following(undone.trust(), ancestry: undone.ancestry(of: 4, in: 7))
        }
    }

    @Test func `takes an epoch's base that changes members by both sets only`() throws {
        var chain = try SignedChain()
        chain.blocks(2)
        let (judges, next) = chain.openChange(to: ["ant", "eel", "fly", "gnu"])
        chain.begin(epoch: 2, judges: judges, next: next)
        chain.blocks(2)
        let genesis = TrustedChain(genesis: chain.genesis)
        #expect(try genesis.following(chain.trust(), ancestry: nil).sets.members == next)
        var wrong: [(String, ProofFile.EpochRecord)] = []
        func alter(_ name: String, _ edit: (inout ProofFile.EpochRecord) -> Void) {
            var record = chain.records[0]
            edit(&record)
            wrong.append((name, record))
        }
        alter("too few judges") { $0.attestations.removeLast() }
        alter("too few of those named") { $0.next?.attestations.removeLast() }
        alter("those named are missing") { $0.next = nil }
        alter("the old epoch") { $0.attestations = chain.quorum($0.header, judges) }
        alter("the old epoch, by those named") {
            $0.next?.attestations = chain.quorum($0.header, next)
        }
        alter("another epoch") { $0.epoch = 1 }
        alter("an epoch that is not above") { $0.epoch = 0 }
        alter("another base") { $0.header = chain.headers[2] }
        alter("strangers") {
            $0.attestations = chain.quorum(
                $0.header, SignedChain.set(["eel", "fly", "gnu"]), in: 2)
        }
        for (name, record) in wrong {
            var document = chain.trust()
            document.epochRecords = [record]
            #expect(throws: TrustedChain.Refusal.self, "\(name)") {
                try genesis.following(document, ancestry: nil)
            }
            var proof = chain.proof()
            proof.epochRecords = [record]
            #expect(throws: ProofFault.self, "\(name)") { try proof.check(genesis: chain.genesis) }
        }
        var without = chain.trust()
        without.epochRecords = []
        #expect(throws: TrustedChain.Refusal.self) {
            try genesis.following(without, ancestry: nil)
        }
    }

    @Test func `refuses blocks of an epoch that is over`() throws {
        var chain = try SignedChain()
        chain.blocks(3)
        var late = chain
        late.blocks(1)
        chain.begin(epoch: 1)
        chain.blocks(1)
        let trusted = try TrustedChain(genesis: chain.genesis)
            .following(chain.trust(), ancestry: nil)
        #expect(throws: TrustedChain.Refusal.self) {
            try trusted.following(late.trust(), ancestry: nil)
        }
        #expect(throws: ProofFault.self) { try late.proof().check(trusted: trusted) }
        func isWrong(_ document: TrustDocument) -> Bool {
            do {
                _ = try TrustedChain(genesis: chain.genesis).following(document, ancestry: nil)
                return false
            } catch TrustedChain.Refusal.wrong { return true } catch { return false }
        }
        var unshown = chain.trust()
        unshown.epochRecords = []
        #expect(isWrong(unshown))
        // The same epoch begins once.
        chain.begin(epoch: 1)
        chain.blocks(1)
        #expect(isWrong(chain.trust()))
    }

    @Test func `takes nothing of a document in which one part is another`() throws {
        var chain = try SignedChain()
        chain.blocks(3)
        chain.change(to: ["ant", "bee", "cat", "eel"])
        func fault(_ edit: (inout TrustDocument) -> Void) -> ProofFault? {
            var document = chain.trust()
            edit(&document)
            do {
                _ = try TrustedChain(genesis: chain.genesis).following(document, ancestry: nil)
            } catch TrustedChain.Refusal.wrong(let fault) { return fault } catch {}
            return nil
        }
        #expect(fault { _ in } == nil)
        #expect(
            fault { $0.memberChanges[0].members = SignedChain.set(["eel", "fly"]) }?.path
                == "member_changes[0].members")
        chain.blocks(1)
        #expect(fault { _ in } == nil)
        func signed(_ old: ProofFile.Attestation, _ bit: UInt8) -> ProofFile.Attestation {
            var bytes = old.envelope.signature.bytes
            bytes[40] ^= bit
            return .init(
                member: old.member,
                envelope: Envelope(
                    body: old.envelope.body, publicKey: old.envelope.publicKey,
                    signature: Signature(bytes)!))
        }
        #expect(
            fault { $0.attestations[1] = signed($0.attestations[1], 1) }?.path
                == "attestations[1].signature")
        #expect(
            fault { $0.attestations[0].member = MemberID(rawValue: "dog")! }?.path
                == "attestations[0].member")
        // It names members who are not shown.
        chain.change(to: ["ant", "bee", "cat"])
        #expect(
            fault {
                let last = $0.memberChanges.removeLast()
                ($0.header, $0.attestations) = (last.header, last.attestations)
            }?.path == "header")
    }

    @Test func `is read from its file only whole`() throws {
        let chain = try Self.long()
        let trusted = try TrustedChain(genesis: chain.genesis)
            .following(chain.trust(), ancestry: nil)
        let text = trusted.json
        for (old, new) in [
            ("koinon/trusted/v1", "koinon/trusted/v2"), ("\"epoch\": \"3\"", "\"epoch\": \"2\""),
            ("\"epoch\": \"3\"", "\"epoch\": 3"), ("\"least\": \"13\"", "\"least\": \"99\""),
            ("\"members\"", "\"member\""), ("\"gnu\"", "\"gnus\""),
        ] {
            let changed = text.replacing(old, with: new)
            try #require(changed != text, "\(old)")
            #expect(throws: ProofFault.self, "\(new)") {
                try TrustedChain(json: Array(changed.utf8))
            }
        }
        // In the list of those who judge next alone.
        let place = try #require(text.firstRange(of: "\"gnu\""))
        let other = text.replacingCharacters(in: place, with: "\"gnus\"")
        #expect(throws: ProofFault.self) { try TrustedChain(json: Array(other.utf8)) }
        let spaces = [UInt8](repeating: 0x20, count: TrustedChain.bytesMaximum)
        #expect(throws: ProofFault.self) { try TrustedChain(json: Array(text.utf8) + spaces) }
        // Nothing but the genesis document is trusted at first.
        let empty = TrustedChain(genesis: chain.genesis)
        #expect(try TrustedChain(json: Array(empty.json.utf8)) == empty)
    }

    @Test func `judges claims, and gives nothing for former members' keys`() throws {
        var chain = try SignedChain()
        chain.blocks(3)
        let old = chain.proof()
        chain.change(to: ["eel", "fly", "gnu"])
        chain.blocks(1)
        let trusted = try TrustedChain(genesis: chain.genesis)
            .following(chain.trust(), ancestry: nil)
        #expect(throws: ProofFault.self) { try old.check(trusted: trusted) }
        // The block itself is in the history of what is trusted.
        #expect(
            try old.check(trusted: trusted, ancestry: chain.ancestry(of: 3, in: 5)).header
                == chain.headers[3])
        // Another of the former members' making is not.
        var forged = try SignedChain()
        forged.blocks(2)
        forged.block(mark: 7)
        #expect(throws: ProofFault.self) {
            try forged.proof().check(trusted: trusted, ancestry: chain.ancestry(of: 3, in: 5))
        }
        // Newer than what is trusted, with a change of its own.
        chain.change(to: ["eel", "fly", "gnu", "ant"])
        chain.blocks(1)
        #expect(try chain.proof().check(trusted: trusted).header == chain.tip)
        var short = chain.proof()
        short.attestations.removeLast()
        #expect(throws: ProofFault.self) { try short.check(trusted: trusted) }
    }
}
