import Foundation
import KoinonProtocol
import Testing

@testable import KoinonLedger

/// A small chain, made without the machine: blocks 0 to 6, four members, a fifth from
/// block 4 on, and one proof file of each sort about it.
struct ProofFixture {
    let genesisBytes: [UInt8]
    let genesis: GenesisDocument
    let keys: [String: SigningKey]
    let laterMembers: MemberSet
    var headers: [BlockHeader] = []
    let transactions: [Envelope]
    let receipts: [[UInt8]]
    let leafHashes: [Hash256]
    /// After block 2; the tree after block 6 has one row more.
    let state: StateTree
    let laterState: StateTree

    static let changeHeight = 3
    static let transactionHeight = 2
    static let lastHeight = 6
    /// The leaf before it is a timer's.
    static let provenLeaf = 3

    static func key(_ number: UInt8) -> SigningKey {
        SigningKey(seed: [UInt8](repeating: number, count: 32))!
    }

    static let presentKey = Array("balance/ada/usd".utf8)
    static let presentValue: [UInt8] = [8, 100]

    init() throws {
        let names = ["ant", "bee", "cat", "dog", "eel"]
        var keys: [String: SigningKey] = [:]
        for (index, name) in names.enumerated() { keys[name] = Self.key(UInt8(index + 1)) }
        self.keys = keys
        let members = names.prefix(4).enumerated().map { index, name in
            """
            {"id": "\(name)", "name": "The \(name)", \
            "node_key": "\(Self.key(UInt8(index + 1)).publicKey)", \
            "account_key": "\(Self.key(UInt8(index + 101)).publicKey)"}
            """
        }
        let text = """
            {
              "format": "koinon/genesis/v1",
              "name": "Test alliance",
              "time_ms": "2018-01-01T00:00:00Z",
              "members": [
                \(members.joined(separator: ",\n    "))
              ]
            }

            """
        genesisBytes = Array(text.utf8)
        genesis = try GenesisDocument(contentsOf: genesisBytes)
        laterMembers = MemberSet(
            genesis.memberSet.members
                + [.init(id: MemberID(rawValue: "eel")!, nodeKey: Self.key(5).publicKey)])
        let chain = genesis.chain
        let transactions = (1...3).map { Self.transaction(nonce: $0, chain: chain) }
        self.transactions = transactions
        receipts = (0..<5).map { index in
            var receipt = Receipt()
            receipt.code = UInt32(index * 7)
            receipt.detail = "leaf \(index)"
            return receipt.encoded
        }
        leafHashes =
            (0..<2).map { MerkleTree.leafHash(.timer, [UInt8($0)]) }
            + transactions.map { MerkleTree.leafHash(.transaction, $0.packed) }
        (state, laterState) = Self.states()
        for height in 0...Self.lastHeight { headers.append(header(UInt64(height))) }
    }

    private static func transaction(nonce: UInt64, chain: ChainID) -> Envelope {
        let key = key(200)
        var transfer = Transfer()
        transfer.unit = "usd"
        transfer.to = Data(AccountID(chain: chain, firstKey: Self.key(201).publicKey).bytes)
        transfer.amountMinor = 150
        var body = TransactionBody()
        body.chain = Data(chain.bytes)
        body.sender = Data(AccountID(chain: chain, firstKey: key.publicKey).bytes)
        body.nonce = nonce
        body.expiresAtMs = 1_514_764_860_000
        var action = Action()
        action.money.transfer = transfer
        body.actions = [action]
        body.memo = "for the ride"
        return key.sign(body.encoded, as: .transaction)
    }

    private static func states() -> (StateTree, StateTree) {
        var tree = StateTree()
        tree.apply((0..<40).map { (key: Array("row \($0)".utf8), value: [UInt8($0)]) })
        tree.apply([(key: presentKey, value: presentValue)])
        var later = tree
        later.apply([(key: Array("row 40".utf8), value: [40])])
        return (tree, later)
    }

    private func header(_ height: UInt64) -> BlockHeader {
        let isLater = height > Self.changeHeight
        let namesLater = height >= Self.changeHeight
        let hasTransactions = height == Self.transactionHeight
        return BlockHeader(
            chain: genesis.chain, epoch: 0, height: Height(height),
            parent: headers.last?.hash ?? .zero,
            time: Timestamp(milliseconds: 1_514_764_800_000 + height * 1000),
            entriesRoot: MerkleTree.emptyRoot,
            transactionsRoot: hasTransactions
                ? MerkleTree.root(ofLeafHashes: leafHashes) : MerkleTree.emptyRoot,
            receiptsRoot: hasTransactions
                ? MerkleTree.root(ofLeaves: receipts) : MerkleTree.emptyRoot,
            stateRoot: height == Self.lastHeight ? laterState.root : state.root,
            historyRoot: MerkleTree.root(
                ofLeafHashes: headers.map { MerkleTree.leafHash($0.hash) }),
            membersHash: isLater ? laterMembers.hash : genesis.memberSet.hash,
            nextMembersHash: namesLater ? laterMembers.hash : genesis.memberSet.hash,
            proposer: height == 0 ? nil : MemberID(rawValue: "bee"))
    }

    func attestation(
        _ name: String, _ header: BlockHeader, as tag: SigningTag = .attestation,
        edit: (inout AttestationBody) -> Void = { _ in }
    ) -> ProofFile.Attestation {
        var body = AttestationBody()
        body.chain = Data(header.chain.bytes)
        body.epoch = header.epoch
        body.height = header.height.rawValue
        body.blockHash = Data(header.hash.bytes)
        edit(&body)
        return ProofFile.Attestation(
            member: MemberID(rawValue: name)!, envelope: keys[name]!.sign(body.encoded, as: tag))
    }

    /// Exactly a quorum of those who judge this block, not the first ones only.
    func quorum(_ header: BlockHeader) -> [ProofFile.Attestation] {
        let names =
            header.membersHash == laterMembers.hash
            ? ["ant", "cat", "dog", "eel"] : ["ant", "bee", "dog"]
        return names.map { attestation($0, header) }
    }

    var memberChange: ProofFile.MemberChange {
        let header = headers[Self.changeHeight]
        return ProofFile.MemberChange(
            header: header, attestations: quorum(header), members: laterMembers)
    }

    var transactionProof: ProofFile.TransactionProof {
        ProofFile.TransactionProof(
            transaction: transactions[Self.provenLeaf - 2], receipt: receipts[Self.provenLeaf],
            leaf: Self.provenLeaf, transactionLeafHashes: leafHashes,
            receiptLeafHashes: receipts.map { MerkleTree.leafHash($0) })
    }

    func file(
        at height: Int, history: Int? = nil, _ content: ProofFile.Content
    ) -> ProofFile {
        let header = headers[height]
        return ProofFile(
            header: header, attestations: quorum(header),
            memberChanges: height > Self.changeHeight ? [memberChange] : [],
            history: history.map { older in
                ProofFile.History(
                    header: headers[older], headerHashes: headers[..<height].map(\.hash))
            },
            content: content)
    }

    /// Block 7 of epoch 1, which began on block 6.
    private func laterEpoch(_ content: ProofFile.Content) -> ProofFile {
        let base = headers[Self.lastHeight]
        var header = base
        header.epoch = 1
        header.height = base.height.next
        header.parent = base.hash
        header.historyRoot = MerkleTree.root(
            ofLeafHashes: headers.map { MerkleTree.leafHash($0.hash) })
        let signed = ["ant", "cat", "dog", "eel"].map { name in
            attestation(name, base) { $0.epoch = 1 }
        }
        return ProofFile(
            header: header, attestations: quorum(header), memberChanges: [memberChange],
            epochRecords: [.init(epoch: 1, header: base, attestations: signed)],
            content: content)
    }

    /// A key with nothing under it, whose place is empty or taken by another's leaf.
    private func absentKey(besideLeaf: Bool) -> [UInt8] {
        (0...).lazy.map { Array("absent \($0)".utf8) }
            .first { (state.prove(key: $0).otherLeaf != nil) == besideLeaf }!
    }

    static let sorts = [
        "transaction", "state", "absent beside a leaf", "absent in an empty place",
        "state after a change of members", "transaction in history", "state in a later epoch",
    ]

    func file(sort: String) throws -> ProofFile {
        let present = ProofFile.Content(
            key: Self.presentKey, value: Self.presentValue, in: state)
        switch sort {
        case "transaction": return file(at: 2, .transaction(transactionProof))
        case "state": return file(at: 2, present)
        case "absent beside a leaf":
            return file(at: 2, .init(key: absentKey(besideLeaf: true), value: nil, in: state))
        case "absent in an empty place":
            return file(at: 2, .init(key: absentKey(besideLeaf: false), value: nil, in: state))
        case "state after a change of members":
            return file(at: 6, .init(key: Array("row 40".utf8), value: [40], in: laterState))
        case "state in a later epoch":
            return laterEpoch(.init(key: Array("row 40".utf8), value: [40], in: laterState))
        case "transaction in history":
            return file(at: 6, history: 2, .transaction(transactionProof))
        default:
            Issue.record("no such sort: \(sort)")
            throw ProofFault(path: sort, problem: "is no sort")
        }
    }
}
