import Foundation
import KoinonLedger
import KoinonProtocol
import Testing

/// Headers with quorums, changes of members and epochs, made without a machine.
struct SignedChain {
    static let names = ["ant", "bee", "cat", "dog", "eel", "fly", "gnu"]

    let genesis: GenesisDocument
    private(set) var headers: [BlockHeader] = []
    /// Who judges the next block.
    private(set) var members: MemberSet
    private(set) var epoch: UInt64 = 0
    private(set) var changes: [ProofFile.MemberChange] = []
    private(set) var records: [ProofFile.EpochRecord] = []
    private(set) var state = StateTree()
    private var lastMark: UInt8 = 0

    static func key(_ name: String) -> SigningKey {
        SigningKey(seed: Hash256.sha256(Array("node of \(name)".utf8)).bytes)!
    }

    static func set(_ names: some Sequence<String>) -> MemberSet {
        MemberSet(names.map { .init(id: MemberID(rawValue: $0)!, nodeKey: key($0).publicKey) })
    }

    init(_ count: Int = 4) throws {
        let members = Self.names.prefix(count).map { name in
            let account = SigningKey(seed: Hash256.sha256(Array("account of \(name)".utf8)).bytes)!
            return """
                {"id": "\(name)", "name": "\(name)", "node_key": "\(Self.key(name).publicKey)",
                 "account_key": "\(account.publicKey)"}
                """
        }
        genesis = try GenesisDocument(
            contentsOf: Array(
                """
                {"format": "koinon/genesis/v1", "name": "Test", "time_ms": "2018-01-01T00:00:00Z",
                 "members": [\(members.joined(separator: ", "))]}
                """.utf8))
        self.members = genesis.memberSet
        append(naming: genesis.memberSet)
    }

    var tip: BlockHeader { headers[headers.count - 1] }

    private mutating func append(naming next: MemberSet, mark: UInt8 = 0) {
        let height = UInt64(headers.count)
        lastMark = mark
        state.apply([(key: [UInt8(height % 251)], value: [mark, UInt8(height % 256)])])
        headers.append(
            BlockHeader(
                chain: genesis.chain, epoch: epoch, height: Height(height),
                parent: headers.last?.hash ?? .zero,
                time: Timestamp(milliseconds: 1_514_764_800_000 + height * 1000),
                entriesRoot: MerkleTree.emptyRoot, transactionsRoot: MerkleTree.emptyRoot,
                receiptsRoot: MerkleTree.emptyRoot, stateRoot: state.root,
                historyRoot: MerkleTree.root(
                    ofLeafHashes: headers.map { MerkleTree.leafHash($0.hash) }),
                membersHash: members.hash, nextMembersHash: next.hash, proposer: nil))
    }

    /// - Parameter mark: another one makes another block.
    mutating func block(mark: UInt8 = 0) { append(naming: members, mark: mark) }

    mutating func blocks(_ count: Int) { for _ in 0..<count { block() } }

    /// A block that names others, final by its own quorum.
    mutating func change(to names: some Sequence<String>) {
        let next = Self.set(names)
        append(naming: next)
        changes.append(
            .init(header: tip, attestations: quorum(tip, members), members: next))
        members = next
    }

    /// A block that names others, and no more than that.
    mutating func openChange(to names: some Sequence<String>) -> (MemberSet, MemberSet) {
        let judges = members
        append(naming: Self.set(names))
        members = Self.set(names)
        return (judges, members)
    }

    /// An epoch begins on the last block.
    mutating func begin(
        epoch: UInt64, judges: MemberSet? = nil, next: MemberSet? = nil
    ) {
        records.append(
            .init(
                epoch: epoch, header: tip,
                attestations: quorum(tip, judges ?? members, in: epoch),
                next: next.map { .init(members: $0, attestations: quorum(tip, $0, in: epoch)) }))
        self.epoch = epoch
    }

    func attestation(
        _ name: String, _ header: BlockHeader, in epoch: UInt64? = nil
    ) -> ProofFile.Attestation {
        var body = AttestationBody()
        body.chain = Data(header.chain.bytes)
        body.epoch = epoch ?? header.epoch
        body.height = header.height.rawValue
        body.blockHash = Data(header.hash.bytes)
        return .init(
            member: MemberID(rawValue: name)!,
            envelope: Self.key(name).sign(body.encoded, as: .attestation))
    }

    /// The last members of the set, as many as are needed.
    func quorum(
        _ header: BlockHeader, _ set: MemberSet, in epoch: UInt64? = nil
    ) -> [ProofFile.Attestation] {
        set.members.suffix(set.quorum).map { attestation($0.id.rawValue, header, in: epoch) }
    }

    /// As a node answers.
    func trust(from: Height = .genesis, epoch: UInt64 = 0) -> TrustDocument {
        let changes = changes.filter { $0.header.height >= from }
        let records = records.filter { $0.epoch > epoch }
        if changes.count > TrustDocument.turnsMaximum {
            let page = Array(changes.prefix(TrustDocument.turnsMaximum))
            let last = page[page.count - 1]
            return TrustDocument(
                header: last.header, attestations: last.attestations, memberChanges: page,
                epochRecords: [])
        }
        if let last = changes.last, last.header == tip {
            return TrustDocument(
                header: last.header, attestations: last.attestations, memberChanges: changes,
                epochRecords: records)
        }
        return TrustDocument(
            header: tip, attestations: quorum(tip, members), memberChanges: changes,
            epochRecords: records)
    }

    func ancestry(of height: Int, in later: Int) -> Ancestry {
        let history = ProofFile.History(
            header: headers[height], headerHashes: headers[..<later].map(\.hash))
        return Ancestry(header: history.header, path: history.path)
    }

    /// What stands under the last block's own row.
    func proof() -> ProofFile {
        let height = headers.count - 1
        let value = [lastMark, UInt8(height % 256)]
        return ProofFile(
            header: tip, attestations: quorum(tip, members), memberChanges: changes,
            epochRecords: records,
            content: .init(key: [UInt8(height % 251)], value: value, in: state))
    }
}
