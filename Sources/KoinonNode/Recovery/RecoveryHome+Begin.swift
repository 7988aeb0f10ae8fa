import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

extension RecoveryHome {
    /// What `begin` did.
    public struct Begun: Sendable {
        public var epoch: UInt64
        public var base: BlockHeader
        /// The last block before.
        public var tip: BlockHeader
        /// Transactions of dropped blocks and entries that wait for a block again.
        public var returned: Int
        /// It had begun before.
        public var isOld = false
    }

    /// Begins the record's epoch on this home: drops the blocks behind the base, keeps the
    /// record with the chain, and puts the dropped transactions aside for the node's pool.
    ///
    /// - Parameter engineIsNew: whether an engine apart from the node orders the entries: its
    ///   log begins anew and is read from its beginning.
    /// - Throws: ``FinalElsewhere``, ``RecoveryFault``, or the store's fault; nothing is
    ///   changed then.
    public func begin(_ message: RecoveryRecord, engineIsNew: Bool) throws -> Begun {
        let record = try check(message)
        try requireQuorums(of: record)
        return try withStore { store in
            // Writes the rows that a crash may have left out.
            _ = try store.resumeReplica(modules: modules)
            let (tip, state) = try store.read { reader in
                (try reader.tip(), try standing(of: record, reader))
            }
            if state == .begun {
                return Begun(
                    epoch: record.epoch, base: record.header, tip: tip.header, returned: 0,
                    isOld: true)
            }
            let height = record.header.height
            let returned = try store.read { try Self.transactions(behind: height, $0) }
            if !returned.isEmpty { try archive.keep(returned: returned, epoch: record.epoch) }
            let rows =
                tip.header.height == height
                ? nil
                : try store.read {
                    try $0.stateRows(at: height, genesis: genesis, modules: modules)
                }
            try store.begin(
                StoredEpochRecord(epoch: record.epoch, height: height, bytes: message.encoded),
                rows: rows, orderedThrough: engineIsNew ? 0 : nil)
            return Begun(
                epoch: record.epoch, base: record.header, tip: tip.header,
                returned: returned.count)
        }
    }

    private func requireQuorums(of record: CheckedRecord) throws {
        guard let open = record.signings.first(where: { !$0.isComplete }) else { return }
        let missing = open.missing.map(\.rawValue).joined(separator: ", ")
        throw RecoveryFault(
            "the record has \(open.signed.count) of \(open.members.quorum) signatures that it needs of \(open.members.members.count) members",
            remedy: "gather signed copies of \(missing) and give all of them")
    }

    private enum Standing { case ready, begun }

    private func standing(
        of record: CheckedRecord, _ reader: LedgerReader
    ) throws -> Standing {
        let ledger = try RecoveryLedger(reader, genesis: genesis)
        if try reader.epochRecords().contains(where: { $0.epoch == record.epoch }) {
            return .begun
        }
        guard ledger.epoch < record.epoch else {
            throw RecoveryFault(
                "this ledger is in epoch \(ledger.epoch) already",
                remedy: "give the record of a later epoch")
        }
        try refuse(record, ledger, reader)
        guard let own = try reader.block(at: record.header.height), own.header == record.header
        else {
            throw RecoveryFault(
                "this ledger does not hold the base, block \(record.header.height)",
                remedy:
                    "put a copy of ledger.sqlite from a member that holds it in the place of this one, then begin; keys and guards stay as they are"
            )
        }
        let kept = try reader.baseHeight()
        guard record.header.height >= kept,
            try reader.tip().header == own.header || kept == .genesis
        else {
            throw RecoveryFault(
                "this ledger has given up the blocks up to \(kept), so it cannot tell the state after block \(record.header.height) again",
                remedy:
                    "put a copy of ledger.sqlite from a member that has begun in the place of this one; keys and guards stay as they are"
            )
        }
        return .ready
    }

    /// What stands in entries behind a block, whether they closed one or not, and in no block
    /// up to it.
    private static func transactions(
        behind height: Height, _ reader: LedgerReader
    ) throws -> [Signed] {
        guard let base = try reader.block(at: height) else { return [] }
        var transactions: [Signed] = []
        var seen: Set<Hash256> = []
        try reader.forEachLogEntry(from: base.closedAt.next) { logged in
            guard let body = try? EntryBody(strict: logged.envelope.body) else { return }
            for signed in body.transactions {
                guard let envelope = try? Envelope(signed),
                    seen.insert(envelope.bodyHash).inserted
                else { continue }
                if let place = try reader.location(ofTransaction: envelope.bodyHash),
                    place.height <= height
                {
                    continue
                }
                transactions.append(signed)
            }
        }
        return transactions
    }
}

extension Node {
    /// Transactions of blocks that the last ceremony dropped wait for a block again. Those that
    /// have expired since, or stand in a block, are not taken.
    func takeReturned() async throws {
        let files = RecoveryFiles(home)
        let returned = try files.returned().compactMap { try? Envelope($0) }
        guard !returned.isEmpty else { return }
        let statuses = await submit(returned, waits: false)
        let taken = statuses.count { if case .pending = $0 { true } else { false } }
        if taken == 0 { try files.dropReturned() }
        logger.info(
            "transactions of dropped blocks wait again",
            metadata: ["taken": "\(taken)", "returned": "\(returned.count)"])
    }
}
