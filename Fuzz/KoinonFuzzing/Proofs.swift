import Foundation
import KoinonLedger
import KoinonProtocol

extension FuzzTarget {
    /// A proof file, read and checked against the alliance of the format vectors.
    public static let proofs = FuzzTarget("proofs", maximumBytes: 32_768) { bytes in
        try Self.holdTrust(bytes)
        guard
            let proof = try taken({ () throws(ProofFault) in try ProofFile(json: bytes) })
        else { return }
        let text = proof.json
        let again = try taken { () throws(ProofFault) in try ProofFile(json: Array(text.utf8)) }
        try hold(again == proof, "the file reads otherwise when written again")
        try hold(again?.json == text, "the file is written in more than one form")

        let facts = ProofFacts.shared
        let checked = try taken { () throws(ProofFault) in
            try proof.check(genesis: facts.genesis)
        }
        guard let checked else { return }
        try hold(checked.chain == facts.genesis.chain, "proves something of another chain")
        try hold(
            checked.attesters.count >= checked.members.quorum
                && Set(checked.attesters).count == checked.attesters.count
                && checked.attesters.allSatisfy { checked.members.nodeKey(of: $0) != nil },
            "taken without a quorum of its members")
        // Nobody but the makers of the vectors has these members' keys.
        try hold(
            facts.headers.contains(checked.header)
                && facts.headers.contains(checked.attestedHeader),
            "proves a header that no member signed")
        let attestations = ProofFacts.attestations(of: proof)
        try hold(
            attestations.allSatisfy { facts.attestations.contains($0) },
            "counts an attestation that no member made")
        try hold(facts.hold(checked), "proves what is not so")
    }

    /// The same bytes as what a node shows to followers, and as what one keeps.
    private static func holdTrust(_ bytes: [UInt8]) throws {
        let document = try taken { () throws(ProofFault) in try TrustDocument(json: bytes) }
        if let document {
            let again = try taken { () throws(ProofFault) in
                try TrustDocument(json: Array(document.json.utf8))
            }
            try hold(again == document, "a trust document reads otherwise when written again")
            let facts = ProofFacts.shared
            let chain = try? TrustedChain(genesis: facts.genesis)
                .following(document, ancestry: nil)
            try hold(
                chain.map { $0.header.map { facts.headers.contains($0) } ?? false } ?? true,
                "follows a header that no member signed")
        }
        let kept = try taken { () throws(ProofFault) in try TrustedChain(json: bytes) }
        if let kept {
            let again = try taken { () throws(ProofFault) in
                try TrustedChain(json: Array(kept.json.utf8))
            }
            try hold(again == kept, "what is trusted reads otherwise when written again")
        }
        _ = try taken { () throws(ProofFault) in try Ancestry(json: bytes) }
    }
}

/// What is true of the alliance of the format vectors, as far as its proof files tell.
struct ProofFacts: Sendable {
    let genesis: GenesisDocument
    let headers: Set<BlockHeader>
    let attestations: Set<ProofFile.Attestation>
    /// Of each vector whose header is the attested one: that this block stands in the chain.
    let blockProofs: [ProofFile]
    /// By the state root that commits to them.
    private let values: [Hash256: [[UInt8]: [UInt8]]]
    private let transactions: Set<Hash256>

    static let shared: ProofFacts = {
        do { return try ProofFacts(folder: FuzzFolders.vectors) } catch {
            preconditionFailure("the vectors of proof files cannot be read: \(error)")
        }
    }()

    init(folder: URL) throws {
        genesis = try GenesisDocument(
            contentsOf: Array(Data(contentsOf: folder.appending(path: "genesis.json"))))
        var headers: Set<BlockHeader> = []
        var attestations: Set<ProofFile.Attestation> = []
        var values: [Hash256: [[UInt8]: [UInt8]]] = [:]
        var transactions: Set<Hash256> = []
        var blockProofs: [ProofFile] = []
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        for name in names where name.hasPrefix("proof-") {
            let proof = try ProofFile(
                json: Array(Data(contentsOf: folder.appending(path: name))))
            _ = try proof.check(genesis: genesis)
            headers.insert(proof.header)
            attestations.formUnion(Self.attestations(of: proof))
            headers.formUnion(proof.memberChanges.map(\.header))
            headers.formUnion(proof.epochRecords.map(\.header))
            if let history = proof.history { headers.insert(history.header) }
            switch proof.content {
            case .state(let key, let value, _):
                values[proof.contentHeader.stateRoot, default: [:]][key] = value
            case .transaction(let proof): transactions.insert(proof.transaction.bodyHash)
            case .absent, .block: break
            }
            if proof.history == nil {
                var block = proof
                block.content = .block
                blockProofs.append(block)
            }
        }
        (self.headers, self.attestations) = (headers, attestations)
        (self.values, self.transactions) = (values, transactions)
        self.blockProofs = blockProofs
    }

    /// Every attestation in a proof file.
    static func attestations(of proof: ProofFile) -> [ProofFile.Attestation] {
        proof.attestations + proof.memberChanges.flatMap(\.attestations)
            + proof.epochRecords.flatMap { $0.attestations + ($0.next?.attestations ?? []) }
    }

    /// Whether the proven thing is known to be so, or, of an absence, not known to be wrong:
    /// another key than that of the vector may well be absent in the same place.
    func hold(_ checked: CheckedProof) -> Bool {
        switch checked.content {
        case .block: headers.contains(checked.header)
        case .transaction(let id, _, _, _): transactions.contains(id)
        case .state(let key, let value): values[checked.header.stateRoot]?[key] == value
        case .absent(let key): values[checked.header.stateRoot]?[key] == nil
        }
    }
}
