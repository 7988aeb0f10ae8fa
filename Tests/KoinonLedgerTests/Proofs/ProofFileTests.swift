import Foundation
import KoinonProtocol
import Testing

@testable import KoinonLedger

@Suite struct ProofFileTests {
    private let fixture: ProofFixture

    init() throws { fixture = try ProofFixture() }

    @Test(arguments: ProofFixture.sorts)
    func `each sort of proof is accepted and written as it is read`(sort: String) throws {
        let file = try fixture.file(sort: sort)
        #expect(try ProofFile(json: Array(file.json.utf8)) == file)
        _ = try file.check(genesis: fixture.genesis)
    }

    @Test(arguments: ProofFixture.sorts)
    func `every single-field alteration is refused`(sort: String) throws {
        let alterations = try Alterations.of(try fixture.file(sort: sort).json)
        #expect(alterations.count > 150)
        for alteration in alterations {
            #expect(throws: ProofFault.self, "\(alteration.name)") {
                try ProofFile(json: Array(alteration.json.utf8)).check(genesis: fixture.genesis)
            }
        }
    }

    @Test func `a checked transaction is reported with block, receipt and signers`() throws {
        let checked = try fixture.file(sort: "transaction in history")
            .check(genesis: fixture.genesis)
        #expect(checked.header == fixture.headers[2])
        #expect(checked.attestedHeader == fixture.headers[6])
        #expect(checked.attesters.map(\.rawValue) == ["ant", "cat", "dog", "eel"])
        #expect(checked.members == fixture.laterMembers)
        #expect(checked.memberChanges == 1)
        guard case .transaction(let id, let envelope, let body, let receipt) = checked.content
        else {
            Issue.record("not a transaction")
            return
        }
        #expect(envelope == fixture.transactions[1])
        #expect(id == envelope.bodyHash)
        #expect(body.nonce == 2)
        #expect(receipt.detail == "leaf 3")
    }

    @Test func `all leaves of blocks of every size up to nine can be proven`() throws {
        for count in 1...9 {
            let transactions = (0..<count).map { MerkleTree.leafHash([UInt8($0)]) }
            let receipts = (0..<count).map { MerkleTree.leafHash([100 + UInt8($0)]) }
            for leaf in 0..<count {
                let proof = ProofFile.TransactionProof(
                    transaction: fixture.transactions[0], receipt: [], leaf: leaf,
                    transactionLeafHashes: transactions, receiptLeafHashes: receipts)
                #expect(
                    MerkleTree.root(
                        fromLeafHash: transactions[leaf],
                        steps: proof.path.map { .init(side: $0.side, sibling: $0.transactions) })
                        == MerkleTree.root(ofLeafHashes: transactions))
                #expect(
                    MerkleTree.root(
                        fromLeafHash: receipts[leaf],
                        steps: proof.path.map { .init(side: $0.side, sibling: $0.receipts) })
                        == MerkleTree.root(ofLeafHashes: receipts))
            }
        }
    }

    @Test func `another alliance's genesis refuses the file`() throws {
        let other = try GenesisDocument(contentsOf: fixture.genesisBytes + [0x20])
        #expect(throws: ProofFault.self) {
            try fixture.file(sort: "state").check(genesis: other)
        }
    }

    @Test func `files above eight mebibytes are refused unread`() throws {
        let json = Array(try fixture.file(sort: "state").json.utf8)
        let spaces = [UInt8](repeating: 0x20, count: (8 << 20) - json.count)
        _ = try ProofFile(json: json + spaces)
        #expect(throws: ProofFault.self) { try ProofFile(json: json + spaces + [0x20]) }
    }
}

/// Files whose every hash and signature is in order, but which break a rule.
@Suite struct DishonestProofTests {
    private let fixture: ProofFixture

    init() throws { fixture = try ProofFixture() }

    private func fault(_ file: ProofFile) -> String? {
        do {
            // By way of the text, so that no rule is skipped by building it in memory.
            _ = try ProofFile(json: Array(file.json.utf8)).check(genesis: fixture.genesis)
            return nil
        } catch {
            return error.path
        }
    }

    private func file(_ attestations: [ProofFile.Attestation]) throws -> ProofFile {
        var file = try fixture.file(sort: "state")
        file.attestations = attestations
        return file
    }

    @Test func `less than a quorum is refused, more is taken`() throws {
        let header = fixture.headers[2]
        let names = ["ant", "bee", "cat", "dog"]
        let all = names.map { fixture.attestation($0, header) }
        #expect(fault(try file(all)) == nil)
        #expect(fault(try file(Array(all.prefix(3)))) == nil)
        #expect(fault(try file(Array(all.prefix(2)))) == "attestations")
        #expect(fault(try file([])) == "attestations")
    }

    @Test func `one member counts once`() throws {
        let header = fixture.headers[2]
        let twice = ["ant", "bee", "bee"].map { fixture.attestation($0, header) }
        #expect(fault(try file(twice)) == "attestations[2].member")
        let unsorted = ["bee", "ant", "dog"].map { fixture.attestation($0, header) }
        #expect(fault(try file(unsorted)) == "attestations[1].member")
    }

    @Test func `strangers, and members not yet admitted, do not count`() throws {
        let header = fixture.headers[2]
        let withLater = ["ant", "bee", "eel"].map { fixture.attestation($0, header) }
        #expect(fault(try file(withLater)) == "attestations[2].member")
        var posing = fixture.quorum(header)
        posing[1] = .init(
            member: MemberID(rawValue: "bee")!,
            envelope: fixture.attestation("eel", header).envelope)
        #expect(fault(try file(posing)) == "attestations[1].public_key")
    }

    @Test func `attestations of something else do not count`() throws {
        let header = fixture.headers[2]
        let edits: [(inout AttestationBody) -> Void] = [
            { $0.chain = Data([UInt8](repeating: 1, count: 32)) },
            { $0.epoch = 1 },
            { $0.height = 3 },
            { $0.blockHash = Data([UInt8](repeating: 1, count: 32)) },
        ]
        for edit in edits {
            var attestations = fixture.quorum(header)
            attestations[2] = fixture.attestation("dog", header, edit: edit)
            #expect(fault(try file(attestations)) == "attestations[2].body")
        }
        var attestations = fixture.quorum(header)
        attestations[2] = fixture.attestation("dog", header, as: .entry)
        #expect(fault(try file(attestations)) == "attestations[2].signature")
    }

    @Test func `an attestation with an unknown field is refused`() throws {
        let header = fixture.headers[2]
        var attestations = fixture.quorum(header)
        let body = attestations[0].envelope.body + [0x28, 0x01]
        attestations[0].envelope = fixture.keys["ant"]!.sign(body, as: .attestation)
        #expect(fault(try file(attestations)) == "attestations[0].body")
    }

    @Test func `the new members cannot bring themselves in`() throws {
        var file = try fixture.file(sort: "state after a change of members")
        // Enough of the new set, but one of the old is missing.
        file.memberChanges[0].attestations = ["ant", "bee", "eel"].map {
            fixture.attestation($0, fixture.headers[3])
        }
        #expect(fault(file) == "member_changes[0].attestations[2].member")
        file.memberChanges = []
        #expect(fault(file) == "header")
    }

    @Test func `members that no final header named are refused, whatever they sign`() throws {
        var file = try fixture.file(sort: "state after a change of members")
        // Everything after the change is forged consistently, by keys of the forger.
        let forged = MemberSet([
            .init(id: MemberID(rawValue: "eel")!, nodeKey: fixture.keys["eel"]!.publicKey)
        ])
        file.memberChanges[0].members = forged
        file.header.membersHash = forged.hash
        file.attestations = [fixture.attestation("eel", file.header)]
        #expect(fault(file) == "member_changes[0].members")
    }

    @Test func `changes stand in the order of their heights, and change something`() throws {
        var file = try fixture.file(sort: "state after a change of members")
        file.memberChanges.append(file.memberChanges[0])
        #expect(fault(file) == "member_changes[1].header")
        // A header that names the members it is judged by changes nothing.
        file = try fixture.file(sort: "state")
        let one = fixture.headers[1]
        file.memberChanges = [
            .init(
                header: one, attestations: fixture.quorum(one),
                members: fixture.genesis.memberSet)
        ]
        #expect(fault(file) == "member_changes[0].members")
    }

    @Test func `a block before the change does not follow from it`() throws {
        var file = try fixture.file(sort: "state")
        file.memberChanges = [fixture.memberChange]
        #expect(fault(file) == "header")
    }

    @Test func `history leads backward only, and only to ancestors`() throws {
        var file = try fixture.file(sort: "transaction in history")
        file.history?.header = fixture.headers[6]
        #expect(fault(file) == "history.header")
        file = try fixture.file(sort: "transaction in history")
        file.history?.header.time = Timestamp(milliseconds: 0)
        #expect(fault(file) == "history.path")
        file.history?.header = fixture.headers[3]
        #expect(fault(file) == "history.path")
    }

    @Test func `headers of another epoch need its record`() throws {
        var file = try fixture.file(sort: "state")
        file.header.epoch = 1
        file.attestations = fixture.quorum(file.header)
        #expect(fault(file) == "header")
    }

    @Test func `a receipt of another leaf is refused`() throws {
        var file = try fixture.file(sort: "transaction")
        let receipts = fixture.receipts.map { MerkleTree.leafHash($0) }
        let other = ProofFile.TransactionProof(
            transaction: fixture.transactions[0], receipt: fixture.receipts[2], leaf: 2,
            transactionLeafHashes: fixture.leafHashes, receiptLeafHashes: receipts)
        var proof = fixture.transactionProof
        // Each half is right by itself; together they claim what never happened.
        proof.receipt = other.receipt
        proof.path = zip(proof.path, other.path).map {
            .init(side: $0.side, transactions: $0.transactions, receipts: $1.receipts)
        }
        file.content = .transaction(proof)
        #expect(fault(file) == "content.receipt")
    }

    @Test func `a transaction for another chain or with a foreign signature is refused`() throws {
        for edit in [true, false] {
            var body = try TransactionBody(strict: fixture.transactions[0].body)
            if edit { body.chain = Data([UInt8](repeating: 1, count: 32)) }
            let key = ProofFixture.key(200)
            let signed = key.sign(body.encoded, as: edit ? .transaction : .accountConsent)
            let leaf = MerkleTree.leafHash(.transaction, signed.packed)
            var file = try fixture.file(sort: "transaction")
            file.content = .transaction(
                .init(
                    transaction: signed, receipt: [], leaf: 0, transactionLeafHashes: [leaf],
                    receiptLeafHashes: [MerkleTree.leafHash([])]))
            file.header.transactionsRoot = leaf
            file.header.receiptsRoot = MerkleTree.leafHash([])
            file.attestations = fixture.quorum(file.header)
            #expect(fault(file) == "content.transaction")
        }
    }
}
