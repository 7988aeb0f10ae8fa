import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// What one ledger says in a ceremony: statements for its members, where belief begins, and
/// what is final in it.
public struct RecoveryLedger {
    private let reader: LedgerReader
    private let history: MemberHistory
    private let parts: ProofParts
    private let genesis: GenesisDocument
    private var chain: ChainID { genesis.chain }
    private let records: [StoredEpochRecord]

    package init(_ reader: LedgerReader, genesis: GenesisDocument) throws {
        self.reader = reader
        history = try MemberHistory(reader, genesis: genesis)
        parts = ProofParts(reader, history: history)
        self.genesis = genesis
        records = try reader.epochRecords()
    }

    /// The epoch that runs: that of the last record, or 0.
    var epoch: UInt64 { records.last?.epoch ?? 0 }

    /// Where a computation begins to believe: at block 0 and the sets that this ledger's
    /// final blocks lead to.
    package func knowledge() throws -> RecoveryKnowledge {
        let top = try finalHeight()
        let sets = [history.first] + history.changes.filter { $0.height <= top }.map(\.members)
        return RecoveryKnowledge(
            chain: chain, sets: sets,
            // Made anew: a ledger that came as a snapshot does not hold block 0.
            finals: [(0, try GenesisBlock.make(genesis).header)])
    }

    /// The highest block with a quorum that counts, or on which an epoch began.
    func finalHeight() throws -> Height {
        let base = records.last?.height ?? .genesis
        do { return max(try parts.lastWithQuorum(), base) } catch is ProofMakingFault {
            return base
        }
    }

    /// The final block with its quorum; nil when that is block 0 or the base of a record.
    func final() throws -> SignedHeader? {
        let height = try finalHeight()
        let signed = try parts.attestations(at: height)
        guard height > .genesis, parts.hasQuorum(signed, height) else { return nil }
        return SignedHeader(try parts.stored(height), signed.map(\.envelope))
    }

    /// Each set that the headers name.
    func sets(of headers: [BlockHeader]) -> [MemberList] {
        let known = [history.first] + history.changes.map(\.members)
        let hashes = Set(headers.flatMap { [$0.membersHash, $0.nextMembersHash] }).sorted()
        return hashes.compactMap { hash in
            known.first { $0.hash == hash }.map { MemberList($0) }
        }
    }

    /// The last record, without its statements.
    private func since() throws -> EpochBeginning? {
        guard let last = records.last else { return nil }
        do { return try RecoveryRecord(strict: last.bytes).beginning } catch {
            throw StoreFault.damaged(
                what: "the record of epoch \(last.epoch) does not decode: \(error)",
                height: last.height, cause: nil)
        }
    }

    /// What a member states, to be signed.
    ///
    /// - Parameters:
    ///   - signedRecords: records of later epochs than this ledger has begun that the member
    ///     signed.
    ///   - guardRecord: what the member's guard holds; nil where none is kept.
    /// - Throws: ``RecoveryFault`` when its own last block cannot be shown.
    package func statement(
        of member: HostedMember, closing closes: UInt64, signedRecords: [RecoveryRecord],
        guardRecord: GuardRecord? = nil
    ) throws -> RecoveryStatement {
        var body = RecoveryStatement()
        body.chain = Data(chain.bytes)
        body.member = member.id.rawValue
        body.closes = closes
        let since = try since()
        if let since { body.since = since }
        let final = try final()
        if let final { body.final = final }
        let finalHeight = try finalHeight()
        var headers: [BlockHeader] = []
        let known = try guardRecord.flatMap { record in
            try lastAttested(record, member, signedRecords)
        }
        if let tip = try known ?? lastAttested(by: member, since: since) {
            body.attested.append(tip)
            headers = try self.headers(above: finalHeight, through: Height(tip.height))
        }
        for record in signedRecords.sorted(by: { $0.beginning.epoch < $1.beginning.epoch })
        where record.beginning.epoch <= closes && record.beginning.epoch > (since?.epoch ?? 0) {
            let base = try BlockHeader(encoded: Array(record.beginning.base.header))
            body.attested.append(Self.attested(base, in: record.beginning.epoch))
            if !headers.contains(base) { headers.append(base) }
        }
        body.headers = headers.map { Data($0.encoded) }
        body.attestations = try reader.attestations(above: finalHeight)
            .prefix(RecoveryLimits.attestations).map(\.envelope.message)
        let shown = try [final?.header, since?.base.header].compactMap { $0 }
            .map { try BlockHeader(encoded: Array($0)) }
        body.sets = sets(of: headers + shown)
        return body
    }

    private static func attested(_ header: BlockHeader, in epoch: UInt64) -> LastAttested {
        LastAttested.with {
            $0.epoch = epoch
            $0.height = header.height.rawValue
            $0.blockHash = Data(header.hash.bytes)
        }
    }

    /// In the epoch that runs: the highest block with the member's signature, or the base.
    private func lastAttested(
        by member: HostedMember, since: EpochBeginning?
    ) throws -> LastAttested? {
        let base = records.last?.height ?? .genesis
        var height = try reader.tip().header.height
        while height > base {
            let signed = try reader.attestations(at: height)
            if signed.contains(where: { $0.envelope.publicKey == member.nodeKey.publicKey }) {
                return Self.attested(try parts.stored(height), in: epoch)
            }
            height = Height(height.rawValue - 1)
        }
        guard let since else { return nil }
        let key = Data(member.nodeKey.publicKey.bytes)
        guard since.base.attestations.contains(where: { $0.publicKey == key }) else { return nil }
        return Self.attested(try parts.stored(base), in: epoch)
    }

    /// As the guard knows it: what was signed last counts, whether the ledger has it or not.
    ///
    /// - Returns: nil when the guard says nothing about the epoch that runs.
    /// - Throws: ``RecoveryFault`` when the ledger does not hold that block.
    private func lastAttested(
        _ record: GuardRecord, _ member: HostedMember, _ signedRecords: [RecoveryRecord]
    ) throws -> LastAttested? {
        guard record.hash != .zero, record.epoch >= epoch else { return nil }
        if record.epoch > epoch {
            guard signedRecords.contains(where: { $0.beginning.epoch == record.epoch }) else {
                throw RecoveryFault(
                    "\(member.id) has signed a record of epoch \(record.epoch) that is not in this home",
                    remedy: "put back the folder recovery/ of the home in which it was signed")
            }
            return nil
        }
        guard try reader.block(at: record.height)?.hash == record.hash else {
            throw RecoveryFault(
                "\(member.id) has signed another block \(record.height) than this ledger holds",
                remedy:
                    "state from the home whose ledger holds it; a statement that leaves it out would convict the member"
            )
        }
        return Self.attested(try parts.stored(record.height), in: epoch)
    }

    private func headers(above final: Height, through tip: Height) throws -> [BlockHeader] {
        guard tip > final else { return [] }
        guard tip.rawValue - final.rawValue <= UInt64(RecoveryLimits.headers) else {
            throw RecoveryFault(
                "block \(tip), attested last, is \(tip.rawValue - final.rawValue) blocks above the final one",
                remedy:
                    "a statement shows at most \(RecoveryLimits.headers); let the node see more attestations first"
            )
        }
        return try reader.blocks(final.next...tip).map(\.header)
    }
}
