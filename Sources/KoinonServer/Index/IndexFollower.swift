import Foundation
import GRDB
import KoinonMachine
import KoinonNode
import KoinonProtocol

/// Takes durable blocks into an index, a bounded batch at a time.
///
/// Events say what happened, the state what became of it; the state may be further than
/// the batch, which later batches catch up with. What is written never comes from a block
/// that is not durable.
struct IndexFollower {
    let node: Node
    let text: @Sendable (KoinonProtocol.Hash256) -> String?

    /// Bounds of one batch: its memory, and how long the writer is held.
    private static let blocks: UInt64 = 256
    private static let weight = 16_384
    /// How much is read of the state at a time; blocks wait meanwhile.
    private static let turn = 32

    /// What one batch was.
    struct Step {
        /// Events and blocks, as ``IndexBatch/weight``.
        var weight: Int
        var isMore: Bool
    }

    /// Takes the next batch.
    func step(_ database: IndexDatabase) async throws -> Step {
        let height = try database.height()
        let (batch, tip) = try gather(after: height)
        guard batch.height > height else { return Step(weight: 0, isMore: false) }
        let span = StandingFormula.span(of: Timestamp(milliseconds: batch.timeMs))
        var touched = batch
        let resources = batch.resources
        let affected = try await database.pool.read { db in
            try resources.flatMap { try Self.offers(with: $0, db) }
        }
        for offer in affected where touched.offers[offer] == nil {
            touched.offers[offer] = .some(nil)
        }
        let isNewSpan = try await database.pool.read { db in
            try IndexDatabase.number("span", db) != Int64(span)
        }
        let accounts = batch.standings
        let pairs = try await database.pool.read { db in
            try Self.standings(of: accounts, all: isNewSpan, db)
        }
        let facts = try await facts(for: touched, standings: pairs)
        try await write(touched, facts, span: Int64(span), to: database)
        return Step(weight: batch.weight, isMore: batch.height < tip)
    }

    private func write(
        _ batch: IndexBatch, _ facts: IndexFacts, span: Int64, to database: IndexDatabase
    ) async throws {
        try await untilDurable(facts.height)
        let text = text
        try await database.pool.write { db in
            let writer = IndexWriter(db: db) { bytes in Hash256(bytes).flatMap(text) }
            try writer.write(batch, facts)
            try IndexDatabase.set("span", span, db)
        }
    }

    /// Offers whose description came or went, entered anew.
    func rewrite(descriptions: Set<Data>, in database: IndexDatabase) async throws {
        let height = try database.height()
        var batch = IndexBatch(after: height)
        let found = try await database.pool.read { db in
            try descriptions.flatMap { hash in
                try Data.fetchAll(
                    db, sql: "SELECT id FROM offers WHERE description = ?", arguments: [hash])
            }
        }
        for offer in found { batch.offers[offer] = .some(nil) }
        let facts = try await facts(for: batch, standings: [])
        let span = try await database.pool.read { try IndexDatabase.number("span", $0) } ?? 0
        try await write(batch, facts, span: span, to: database)
    }

    // MARK: Gathering

    private func gather(after height: UInt64) throws -> (IndexBatch, tip: UInt64) {
        try node.store.read { reader in
            let tip = try reader.tip().header.height.rawValue
            var batch = IndexBatch(after: height)
            let base = try reader.baseHeight()
            // Up to the base, genesis for one, hashes are all that is sure to be kept.
            let hashes =
                height == 0 || height < base.rawValue
                ? try reader.headerHashes(below: base.next) : []
            if height < base.rawValue, let block = try reader.block(at: base) {
                // What happened before is not kept here, but what came of it is.
                let begun = (base.rawValue, block.header.time.milliseconds)
                batch = node.replica.read { IndexBatch(asOf: begun, $0.state) }
                batch.blocks = Self.numbered(hashes)
                return (batch, tip)
            }
            batch.blocks = Self.numbered(hashes)
            while batch.height < tip, batch.height - height < Self.blocks,
                batch.weight < Self.weight
            {
                let next = Height(batch.height + 1)
                guard let block = try reader.block(at: next),
                    let bytes = try reader.result(at: next)
                else { break }
                batch.blocks.append((block.hash, next.rawValue))
                batch.add(
                    height: next.rawValue, timeMs: block.header.time.milliseconds,
                    result: try BlockResult(serializedBytes: bytes))
            }
            return (batch, tip)
        }
    }

    /// - Parameter hashes: of headers from block 0 on.
    private static func numbered(_ hashes: [Hash256]) -> [(hash: Hash256, height: UInt64)] {
        hashes.enumerated().map { ($1, UInt64($0)) }
    }

    private static func offers(with resource: Data, _ db: Database) throws -> [Data] {
        try Data.fetchAll(
            db,
            sql: """
                SELECT id FROM offer_items JOIN offers USING (number)
                WHERE offer_items.resource = ?
                """, arguments: [resource])
    }

    /// Providers and kinds whose standing is to be reckoned anew.
    ///
    /// - Parameter all: a new span of 30 days has begun, in which all evidence is older.
    private static func standings(
        of accounts: Set<Data>, all: Bool, _ db: Database
    ) throws -> [(Data, String)] {
        func pairs(_ sql: String, _ arguments: StatementArguments) throws -> [(Data, String)] {
            try Row.fetchAll(db, sql: sql, arguments: arguments).map { ($0[0], $0[1]) }
        }
        guard !all else { return try pairs("SELECT DISTINCT provider, kind FROM offers", []) }
        return try accounts.flatMap { account in
            try pairs(
                "SELECT DISTINCT provider, kind FROM offers WHERE provider = ?", [account])
        }
    }

    // MARK: Reading the state

    /// In turns, so that blocks wait for none of them for long.
    private func facts(
        for batch: IndexBatch, standings: [(Data, String)]
    ) async throws -> IndexFacts {
        var facts = IndexFacts()
        try await inTurns(batch.offers.sorted { $0.key.lexicographicallyPrecedes($1.key) }) {
            part in
            let (rows, height) = node.look { reader in
                (
                    part.compactMap { id, at in
                        OfferRow(id, in: reader).map { (row: $0, position: at) }
                    },
                    reader.height.rawValue
                )
            }
            facts.offers += rows
            facts.height = max(facts.height, height)
        }
        try await inTurns(Array(batch.titles)) { part in
            let (rows, height) = node.look { reader in
                (
                    part.compactMap { id, at in
                        ResourceID(id).flatMap { Resources.resource($0, in: reader.state) }
                            .map { (id: id, title: $0.title, position: at) }
                    }, reader.height.rawValue
                )
            }
            facts.titles += rows
            facts.height = max(facts.height, height)
        }
        try await inTurns(Array(batch.requests)) { part in
            let (rows, height) = node.look { reader in
                (part.map { RequestRow($0, position: $1, in: reader) }, reader.height.rawValue)
            }
            facts.requests += rows
            facts.height = max(facts.height, height)
        }
        try await inTurns(batch.opened) { part in
            facts.parties += node.look { reader in
                part.compactMap { one in
                    AgreementID(one.agreement)
                        .flatMap { Agreements.agreement($0, in: reader.state) }
                        .map {
                            (
                                agreement: one.agreement, position: one.position,
                                accounts: $0.parties,
                                resources: [$0.resource] + $0.also.map(\.resource)
                            )
                        }
                }
            }
        }
        try await inTurns(standings) { part in
            facts.standings += node.look { reader in
                part.compactMap { provider, kind in
                    AccountID(provider).map { account in
                        let standing = Reputation.standing(
                            of: account, kind: kind, at: reader.time, in: reader.state)
                        return (
                            provider: provider, kind: kind, standing: Int64(standing.boundPpm)
                        )
                    }
                }
            }
        }
        return facts
    }

    private func inTurns<Element>(
        _ all: [Element], _ body: ([Element]) -> Void
    ) async throws {
        for start in stride(from: 0, to: all.count, by: Self.turn) {
            try Task.checkCancellation()
            body(Array(all[start..<min(start + Self.turn, all.count)]))
            await Task.yield()
        }
    }

    /// What was read may be of a block that is still on its way to the disk.
    private func untilDurable(_ height: UInt64) async throws {
        while try node.store.read({ try $0.tip().header.height.rawValue }) < height {
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
