import Foundation
import KoinonLedger
import KoinonProtocol

/// A statement whose form and signatures hold, and that says nothing an honest member cannot
/// say. Whether its quorums are those of the right members is for the ceremony to judge.
struct CheckedStatement: Sendable {
    let envelope: Envelope
    let position: StatedPosition
    let closes: UInt64
    /// The last record that the member has, without its statements.
    let since: (epoch: UInt64, base: CheckedHeader)?
    let final: CheckedHeader?
    let headers: [BlockHeader]
    let attestations: [CheckedAttestation]
    let sets: [MemberSet]

    /// - Throws: ``RecoveryFault``: whoever is named must make it again.
    init(_ envelope: Envelope, chain: ChainID) throws(RecoveryFault) {
        guard envelope.body.count <= RecoveryLimits.statementBytes else {
            throw .malformed("a statement has \(envelope.body.count) bytes")
        }
        let body: RecoveryStatement
        do { body = try RecoveryStatement(strict: envelope.body) } catch {
            throw .malformed("a statement cannot be read: \(error)")
        }
        guard ChainID(body.chain) == chain else {
            throw .malformed("a statement is of another chain")
        }
        guard let member = MemberID(rawValue: body.member) else {
            throw .malformed("a statement names no member")
        }
        guard envelope.isAuthentic(as: .recoveryStatement) else {
            throw .malformed("the statement of \(member) is not authentic")
        }
        do throws(RecoveryFault) {
            guard body.headers.count <= RecoveryLimits.headers,
                body.attestations.count <= RecoveryLimits.attestations,
                body.attested.count <= RecoveryLimits.epochs,
                body.sets.count <= RecoveryLimits.sets
            else { throw .malformed("it holds more than it may") }
            self.envelope = envelope
            closes = body.closes
            if body.hasSince {
                let epoch = body.since.epoch
                since = (
                    epoch, try CheckedHeader(body.since.base, epoch: epoch, chain: chain)
                )
            } else {
                since = nil
            }
            final =
                body.hasFinal
                ? try CheckedHeader(body.final, epoch: nil, chain: chain) : nil
            headers = try Self.headers(body.headers, chain: chain)
            attestations = try body.attestations.map { (signed) throws(RecoveryFault) in
                try CheckedAttestation(signed, chain: chain)
            }
            sets = try body.sets.map { (list) throws(RecoveryFault) in try list.set() }
            position = StatedPosition(
                member: member, key: envelope.publicKey, since: since?.epoch ?? 0,
                tips: try Self.tips(body))
            try check()
        } catch {
            throw RecoveryFault("the statement of \(member): \(error.what)", remedy: error.remedy)
        }
    }

    private static func headers(
        _ messages: [Data], chain: ChainID
    ) throws(RecoveryFault) -> [BlockHeader] {
        try messages.map { (bytes) throws(RecoveryFault) in
            do {
                let header = try BlockHeader(encoded: Array(bytes))
                if header.chain == chain { return header }
            } catch { throw .malformed("a header cannot be read: \(error)") }
            throw .malformed("a header is of another chain")
        }
    }

    private static func tips(
        _ body: RecoveryStatement
    ) throws(RecoveryFault) -> [UInt64: BlockPoint] {
        let least = body.hasSince ? body.since.epoch : 0
        var tips: [UInt64: BlockPoint] = [:]
        var last: UInt64?
        for attested in body.attested {
            guard let hash = Hash256(attested.blockHash), attested.epoch >= least,
                attested.epoch <= body.closes, last.map({ $0 < attested.epoch }) ?? true
            else { throw .malformed("what it attested last is malformed or not ascending") }
            tips[attested.epoch] = BlockPoint(height: Height(attested.height), hash: hash)
            last = attested.epoch
        }
        return tips
    }

    /// The height up to which its chain is final.
    private var finalHeight: Height {
        max(final?.header.height ?? .genesis, since?.base.header.height ?? .genesis)
    }

    /// What an honest member's statement shows.
    private func check() throws(RecoveryFault) {
        guard position.since <= closes else {
            throw .malformed("the last record that it has is of epoch \(position.since)")
        }
        var tree = BlockTree()
        let known = headers + [final?.header, since?.base.header].compactMap { $0 }
        for header in known.sorted(by: { $0.height < $1.height }) {
            guard tree.insert(header) else {
                throw .malformed("block \(header.height) cannot follow its parent")
            }
        }
        for (epoch, tip) in position.tips where tip.height > finalHeight {
            try check(tip, of: epoch, tree)
        }
        // Its own signatures and what it says must agree; the rule would convict it otherwise.
    }

    /// The branch down from a block to the final height is shown, and is one that the member
    /// may have attested.
    private func check(
        _ tip: BlockPoint, of epoch: UInt64, _ tree: BlockTree
    ) throws(RecoveryFault) {
        guard let header = tree.header(tip.hash), header.height == tip.height else {
            throw .malformed("the header of block \(tip.height), which it attested, is missing")
        }
        guard header.epoch <= epoch else {
            throw .malformed("block \(tip.height) is of a later epoch than it was attested in")
        }
        if epoch > position.since, header.epoch == epoch {
            throw .malformed(
                "it attested block \(tip.height) in epoch \(epoch) without that epoch's record")
        }
        // The base of an epoch that began without it stands as its record shows.
        if epoch > position.since, header.epoch < epoch, epoch > 0 { return }
        var lowest = header
        for (hash, header) in tree.path(from: tip.hash) {
            lowest = header
            guard header.height > finalHeight else { return }
            if hash != tip.hash, header.membersHash != header.nextMembersHash {
                throw .malformed(
                    "it attested past block \(header.height), which changes the members, "
                        + "without that block's quorum")
            }
        }
        guard lowest.height <= finalHeight.next else {
            throw .malformed("the headers below block \(lowest.height) are missing")
        }
    }
}
