import Foundation
import KoinonLedger
import KoinonNode
import KoinonProtocol

/// Four members whose engine lied, with their keys: what they sign counts in a ceremony.
struct RecoveryAlliance: Sendable {
    static let shared = RecoveryAlliance()

    let chain: ChainID
    let keys: [SigningKey]
    let members: MemberSet
    let genesis: BlockHeader
    private static let names = ["alfa", "bravo", "carol", "delta"]

    private init() {
        let keys = Self.names.map { FuzzWorldBuilder.key("node of \($0)") }
        let entries = zip(Self.names, keys).compactMap { name, key in
            MemberID(rawValue: name).map { MemberSet.Entry(id: $0, nodeKey: key.publicKey) }
        }
        guard let chain = ChainID(Hash256.sha256(Array("a chain".utf8)).bytes) else {
            preconditionFailure("a digest has the length of a chain id")
        }
        (self.chain, self.keys, members) = (chain, keys, MemberSet(entries))
        genesis = Self.header(chain, after: nil, judges: members, next: members, time: 0)
    }

    /// What everybody knows before: block 0 and who judges the first one.
    var knowledge: RecoveryKnowledge {
        RecoveryKnowledge(chain: chain, sets: [members], finals: [(0, genesis)])
    }

    static func header(
        _ chain: ChainID, after parent: BlockHeader?, judges: MemberSet, next: MemberSet,
        time: UInt64, epoch: UInt64 = 0
    ) -> BlockHeader {
        BlockHeader(
            chain: chain, epoch: epoch, height: parent?.height.next ?? .genesis,
            parent: parent?.hash ?? .zero, time: Timestamp(milliseconds: time),
            entriesRoot: .zero, transactionsRoot: .zero, receiptsRoot: .zero, stateRoot: .zero,
            historyRoot: .zero, membersHash: judges.hash, nextMembersHash: next.hash,
            proposer: nil)
    }

    func attestation(of header: BlockHeader, in epoch: UInt64, by key: SigningKey) -> Signed {
        var body = AttestationBody()
        body.chain = Data(chain.bytes)
        body.epoch = epoch
        body.height = header.height.rawValue
        body.blockHash = Data(header.hash.bytes)
        return key.sign(body.encoded, as: .attestation).message
    }

    func attestations(of header: BlockHeader, in epoch: UInt64) -> [Signed] {
        keys.map { attestation(of: header, in: epoch, by: $0) }
    }

    // MARK: Signing what others wrote

    /// All that the record holds, signed anew: by the key that it names if it is a member's,
    /// else by one that its first byte chooses.
    func signed(_ record: RecoveryRecord) -> RecoveryRecord {
        var record = record
        if record.hasBeginning, record.beginning.hasBase {
            record.beginning.base = signed(record.beginning.base)
        }
        record.quorums = record.quorums.map { signed($0) }
        record.statements = record.statements.map { statement(signed: $0) }
        record.earlier = record.earlier.map { signed($0) }
        return record
    }

    private func signed(_ header: SignedHeader) -> SignedHeader {
        var header = header
        header.attestations = header.attestations.map { attestation(signed: $0) }
        return header
    }

    private func attestation(signed message: Signed) -> Signed {
        key(named: message).sign(Array(message.body), as: .attestation).message
    }

    private func statement(signed message: Signed) -> Signed {
        let key = key(named: message)
        guard var body = try? RecoveryStatement(strict: Array(message.body)) else {
            return key.sign(Array(message.body), as: .recoveryStatement).message
        }
        if body.hasSince, body.since.hasBase { body.since.base = signed(body.since.base) }
        if body.hasFinal { body.final = signed(body.final) }
        body.attestations = body.attestations.map { attestation(signed: $0) }
        return key.sign(body.encoded, as: .recoveryStatement).message
    }

    private func key(named message: Signed) -> SigningKey {
        keys.first { $0.publicKey.bytes.elementsEqual(message.publicKey) }
            ?? keys[Int(message.publicKey.first ?? 0) % keys.count]
    }
}
