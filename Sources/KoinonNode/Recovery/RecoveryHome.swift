import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// A member's part in a ceremony, on its home while no node runs there: each step takes
/// files, signs at most once, and says what it found.
public struct RecoveryHome {
    public let genesis: GenesisDocument
    let archive: any RecoveryArchive
    let modules: ModuleList
    private let folder: URL
    private let options: StoreOptions
    private let hosted: () throws -> [HostedMember]
    private let rule: any BaseRule
    private let guards: RecoveryGuards

    /// - Parameter guards: of the members hosted here; nil for the files in the home.
    public init(
        _ home: NodeHome, rule: some BaseRule = MayBeFinalRule(),
        guards: RecoveryGuards? = nil
    ) throws {
        self.init(
            ledger: home.directory, genesis: try home.genesis(), hosted: home.hostedMembers,
            archive: RecoveryFiles(home), guards: guards ?? RecoveryGuards(home: home), rule: rule)
    }

    /// A home of which every part may be kept elsewhere.
    ///
    /// - Parameter ledger: the folder in which the store is.
    package init(
        ledger: URL, options: StoreOptions = StoreOptions(), genesis: GenesisDocument,
        hosted: @escaping () throws -> [HostedMember], archive: some RecoveryArchive,
        guards: RecoveryGuards, rule: some BaseRule, modules: ModuleList = .standard
    ) {
        folder = ledger
        self.options = options
        self.genesis = genesis
        self.hosted = hosted
        self.archive = archive
        self.guards = guards
        self.rule = rule
        self.modules = modules
    }

    /// Holds the home's lock, so that no node signs meanwhile.
    func withStore<Result>(_ body: (LedgerStore) throws -> Result) throws -> Result {
        let store = try LedgerStore(opening: folder, options: options)
        let result: Swift.Result<Result, any Error>
        do { result = .success(try body(store)) } catch { result = .failure(error) }
        try store.close()
        return try result.get()
    }

    /// What `state` did.
    public struct Stated {
        public var member: MemberID
        public var closes: UInt64
        public var statement: Signed
        /// It was signed before; the same bytes again.
        public var isOld: Bool
        public var body: RecoveryStatement
    }

    /// Closes an epoch for every member hosted here: from now on they attest nothing in it.
    ///
    /// - Parameter closes: the epoch that runs when nil.
    /// - Throws: ``RecoveryFault``, `HomeFault`, or the store's fault.
    public func state(closing closes: UInt64?) throws -> [Stated] {
        let hosted = try hosted()
        return try withStore { store in
            // What is stored must be sound before anybody swears to it.
            _ = try store.resumeReplica(modules: modules)
            return try store.read { reader in
                let ledger = try RecoveryLedger(reader, genesis: genesis)
                var closes = closes ?? ledger.epoch
                var signed: [RecoveryRecord] = []
                var epoch = ledger.epoch + 1
                while let record = try archive.record(of: epoch) {
                    signed.append(record)
                    epoch += 1
                }
                // Whoever signed a record of a later epoch closes that one.
                closes = max(closes, ledger.epoch + UInt64(signed.count))
                return try hosted.map { member in
                    try state(member, closing: closes, ledger, signed)
                }
            }
        }
    }

    private func state(
        _ member: HostedMember, closing closes: UInt64, _ ledger: RecoveryLedger,
        _ records: [RecoveryRecord]
    ) throws -> Stated {
        if let old = try archive.statement(closing: closes, of: member.id) {
            return Stated(
                member: member.id, closes: closes, statement: old, isOld: true,
                body: try RecoveryStatement(strict: Array(old.body)))
        }
        let record = try guards.record(of: member)
        let body = try ledger.statement(
            of: member, closing: closes, signedRecords: records, guardRecord: record)
        let envelope = member.nodeKey.sign(body.encoded, as: .recoveryStatement)
        // One that others would not take is worth nothing: say so now.
        _ = try CheckedStatement(envelope, chain: genesis.chain)
        try archive.keep(statement: envelope.message, closing: closes, of: member.id)
        return Stated(
            member: member.id, closes: closes, statement: envelope.message, isOld: false,
            body: body)
    }

    /// Computes the base of a ceremony.
    ///
    /// - Parameter closes: the newest epoch that the statements close when nil.
    public func ceremony(
        closing closes: UInt64?, statements: [Signed], quorums: [SignedHeader] = [],
        sets: [MemberList] = [], records: [RecoveryRecord] = []
    ) throws -> Ceremony {
        let newest = statements.compactMap { try? RecoveryStatement(strict: Array($0.body)).closes }
            .max()
        return try Ceremony(
            closes: closes ?? newest ?? 0, statements: statements, quorums: quorums, sets: sets,
            records: records, knowledge: try knowledge(), rule: rule)
    }

    private func knowledge() throws -> RecoveryKnowledge {
        try reading { try RecoveryLedger($0, genesis: genesis).knowledge() }
    }

    private func reading<Result>(_ body: (LedgerReader) throws -> Result) throws -> Result {
        let store = try LedgerStore(opening: folder, readOnly: true, options: options)
        defer { try? store.close() }
        return try store.read(body)
    }

    /// What this ledger shows to be final; nil when that is block 0 or the base of a record.
    package func finalQuorum() throws -> RecoveryRecord? {
        try reading { reader in
            let ledger = try RecoveryLedger(reader, genesis: genesis)
            guard let final = try ledger.final() else { return nil }
            let header = try BlockHeader(encoded: Array(final.header))
            return .showing(final, sets: ledger.sets(of: [header]))
        }
    }

    public func check(_ record: RecoveryRecord) throws -> CheckedRecord {
        try CheckedRecord(record, knowledge: try knowledge(), rule: rule)
    }

    /// Why a node refuses a record: it is final off its base. Its quorum voids a record that
    /// has none, and is for everybody to see.
    public struct FinalElsewhere: Error, CustomStringConvertible {
        public var base: BlockHeader
        public var final: SignedHeader
        public var header: BlockHeader
        public var sets: [MemberList]
        /// Whether the record is void by it: one that has its quorums stands all the same.
        public var voids: Bool

        public var description: String {
            "this ledger is final at block \(header.height), \(header.hash.hex.prefix(16))…, which the record on block \(base.height) would undo; it signs nothing"
        }
    }

    /// Adds the signatures of the members hosted here to a record.
    ///
    /// - Parameter acceptsConflict: whether to sign a base that is voted on, knowing what else
    ///   may be final.
    /// - Throws: ``FinalElsewhere``, ``RecoveryFault``, or the store's fault.
    public func sign(
        _ message: RecoveryRecord, acceptsConflict: Bool = false
    ) throws -> CheckedRecord {
        let checked = try check(message)
        let epoch = checked.epoch
        let hosted = try hosted()
        return try withStore { store in
            try store.read { reader in
                do { try refuse(checked, RecoveryLedger(reader, genesis: genesis), reader) } catch {
                    guard try hasBegun(checked, reader) else { throw error }
                    throw RecoveryFault(
                        "epoch \(epoch) has begun here with this record, and goes on",
                        remedy: "nothing of it is to be signed any more")
                }
            }
            guard checked.vote == nil || acceptsConflict else {
                throw RecoveryFault(
                    "the base of epoch \(epoch) is voted on: blocks that contradict it may be final, and signing gives them up",
                    remedy:
                        "look for their quorums first; to vote for block \(checked.header.height), \(checked.header.hash.hex.prefix(16))…, sign with --accept-conflict"
                )
            }
            if let old = try archive.record(of: epoch),
                old.beginning.base.header
                    != message.beginning.base.header
            {
                throw RecoveryFault(
                    "a record of epoch \(epoch) on another block was signed here before",
                    remedy:
                        "close epoch \(epoch) with `koinon alliance recover state` and begin a later one"
                )
            }
            for member in hosted
            where try archive.statement(closing: epoch - 1, of: member.id) == nil {
                throw RecoveryFault(
                    "\(member.id) has not closed epoch \(epoch - 1)",
                    remedy: "first run `koinon alliance recover state`")
            }
            var record = message
            let concerned = checked.signings.flatMap(\.members.members)
            var body = AttestationBody()
            body.chain = Data(genesis.chain.bytes)
            body.epoch = epoch
            body.height = checked.header.height.rawValue
            body.blockHash = Data(checked.header.hash.bytes)
            let own = hosted.filter { member in
                concerned.contains { $0.nodeKey == member.nodeKey.publicKey }
            }
            // Kept before it is released: never two bases in one epoch.
            for member in own { try guards.enter(epoch, at: checked.header, member) }
            try archive.keep(record: record)
            for member in own where checked.base.attestations[member.nodeKey.publicKey] == nil {
                let envelope = member.nodeKey.sign(body.encoded, as: .attestation)
                record.beginning.base.attestations.append(envelope.message)
            }
            try archive.keep(record: record)
            return try CheckedRecord(
                record,
                knowledge: try store.read {
                    try RecoveryLedger($0, genesis: genesis).knowledge()
                }, rule: rule)
        }
    }

    /// - Throws: ``FinalElsewhere`` when a final block is not the base or before it.
    func refuse(
        _ record: CheckedRecord, _ ledger: RecoveryLedger, _ reader: LedgerReader
    ) throws {
        let height = try ledger.finalHeight()
        guard let final = try ledger.final(), let block = try reader.block(at: height) else {
            return
        }
        let base = record.header
        let isBefore =
            height == base.height
            ? block.header == base : height < base.height && isAncestor(block, of: record)
        guard !isBefore else { return }
        throw FinalElsewhere(
            base: base, final: final, header: block.header, sets: ledger.sets(of: [block.header]),
            voids: !record.hasQuorums)
    }

    /// Whether the record's epoch began here, on the record's base.
    private func hasBegun(_ record: CheckedRecord, _ reader: LedgerReader) throws -> Bool {
        try reader.epochRecords().contains { $0.epoch == record.epoch }
            && reader.block(at: record.header.height)?.header == record.header
    }

    /// Whether a final block stands before the base, as the record's headers show; where they
    /// do not reach it, the rule has seen to it that it does.
    private func isAncestor(_ block: StoredBlock, of record: CheckedRecord) -> Bool {
        BlockTree(record.headers + [record.header])
            .ancestor(of: record.header.hash, at: block.header.height)
            .map { $0 == block.hash } ?? true
    }
}
