import Foundation
import Hummingbird
import KoinonLedger
import KoinonNode
import KoinonProtocol
import KoinonStore
import NIOCore

/// Blocks and what is in them.
struct ChainRoutes {
    let context: ServerContext
    static let mostBlocks = 200

    func add(to router: Router<KoinonRequestContext>) {
        router.get("/v1/genesis") { _, _ in
            Answer.bytes(
                ByteBuffer(bytes: context.node.genesis.bytes), type: "application/json",
                headers: [.cacheControl: "max-age=86400"])
        }
        router.getApart("/v1/blocks") { try blocks(Query($0, $1)) }
        router.getApart("/v1/blocks/{height}") { try block(Query($0, $1)) }
        router.getApart("/v1/blocks/{height}/header") { try header(Query($0, $1)) }
        router.getApart("/v1/blocks/{height}/transactions") { try transactions(Query($0, $1)) }
        router.getApart("/v1/blocks/{height}/receipts") { try receipts(Query($0, $1)) }
        router.getApart("/v1/state/{key}") { try state(Query($0, $1)) }
    }

    /// From `from` downwards: the last first.
    private func blocks(_ query: Query) throws -> JSONValue {
        let limit = try query.number("limit", 1...Self.mostBlocks, default: 20)
        let from = try query.height("from")
        let finalHeight = context.node.finalHeight
        return try context.store.read { reader in
            let found = try DescendingBlocks(from: from, limit: limit, in: reader)
            let blocks = try found.blocks.map { block, isKept in
                let height = block.header.height
                let executed = isKept ? try reader.executedTransactions(at: height).ids.count : nil
                return JSONValue.header(
                    block.header, hash: block.hash, finalHeight: finalHeight,
                    more: [("transactions", executed.map { .number($0) } ?? .null)])
            }
            return .answer(
                at: found.tip, final: finalHeight,
                [
                    ("blocks", .array(blocks)),
                    ("next", found.next.map { .string(String($0.rawValue)) } ?? .null),
                ])
        }
    }

    /// - Throws: ``Problem`` above the tip.
    private func stored(_ query: Query, _ reader: LedgerReader) throws -> StoredBlock {
        let height = try query.height("height", inPath: true) ?? .genesis
        guard let block = try reader.block(at: height) else {
            throw Problem.notFound(
                "block \(height)", remedy: "the last one is at \(try reader.tip().header.height)")
        }
        return block
    }

    private func block(_ query: Query) throws -> JSONValue {
        let finalHeight = context.node.finalHeight
        return try context.store.read { reader in
            let block = try stored(query, reader)
            let height = block.header.height
            let signed = try reader.attestations(at: height)
            let result = try reader.storedResult(at: height)
            let timers = try result.decodedTimers()
            let (firstLeaf, ids) = try reader.executedTransactions(at: height)
            let transactions: [JSONValue] = try ids.enumerated().map { index, id in
                let leaf = firstLeaf + index
                let code = leaf < result.receiptCount ? try result.receiptCode(at: leaf) : 0
                return [
                    "id": .string(id.hex), "leaf": .number(leaf),
                    "receipt_code": .number(UInt64(code)),
                ]
            }
            let value = JSONValue.header(
                block.header, hash: block.hash, finalHeight: finalHeight,
                more: [
                    ("signed_by", .array(signed.map { .string($0.member.rawValue) })),
                    ("timers", .array(timers.map { .raw($0.jsonForm(pretty: false)) })),
                    ("transactions", .array(transactions)),
                ])
            return .answer(
                at: try reader.tip().header.height, final: finalHeight, [("block", value)])
        }
    }

    /// The bytes that are hashed: docs/formats/header.md.
    private func header(_ query: Query) throws -> Response {
        try context.store.read { reader in
            Answer.bytes(
                ByteBuffer(bytes: try stored(query, reader).header.encoded),
                type: "application/octet-stream",
                headers: [.cacheControl: "max-age=86400, immutable"])
        }
    }

    private func transactions(_ query: Query) throws -> JSONValue {
        let finalHeight = context.node.finalHeight
        return try context.store.read { reader in
            let height = try stored(query, reader).header.height
            let (firstLeaf, ids) = try reader.executedTransactions(at: height)
            var place = 0
            var values: [JSONValue] = []
            // Ignored ones stand in the entries and have no leaf.
            for entry in try reader.entries(ofBlock: height) {
                for message in try EntryBody(strict: entry.body).transactions {
                    let envelope = try Envelope(message)
                    guard place < ids.count, envelope.bodyHash == ids[place] else { continue }
                    values.append(
                        try .transaction(envelope, id: ids[place], leaf: firstLeaf + place))
                    place += 1
                }
            }
            return .answer(
                at: try reader.tip().header.height, final: finalHeight,
                [("block", .number(height.rawValue)), ("transactions", .array(values))])
        }
    }

    private func receipts(_ query: Query) throws -> JSONValue {
        let finalHeight = context.node.finalHeight
        return try context.store.read { reader in
            let height = try stored(query, reader).header.height
            let result = try reader.decodedResult(at: height)
            let receipts = result.receipts.map { JSONValue.raw($0.jsonForm(pretty: false)) }
            return .answer(
                at: try reader.tip().header.height, final: finalHeight,
                [
                    ("block", .number(height.rawValue)),
                    ("timers", .number(result.timers.count)), ("receipts", .array(receipts)),
                ])
        }
    }

    /// The value under a key of the state (docs/formats/state.md), and the block that wrote it:
    /// of the store, since the replica knows no such block and may be ahead.
    private func state(_ query: Query) throws -> JSONValue {
        let key = try query.stateKey("key")
        let finalHeight = context.node.finalHeight
        let (row, height) = try context.store.stateRow(key)
        let value = row?.value
        return .answer(
            at: height, final: finalHeight,
            [
                ("key", .string(Hex.encode(key))), ("present", .bool(value != nil)),
                ("value", value.map { .string(Data($0).base64EncodedString()) } ?? .null),
                ("value_hex", value.map { .string(Hex.encode($0)) } ?? .null),
                ("written_at_height", row.map { .number($0.height.rawValue) } ?? .null),
            ])
    }
}

/// A page of the chain, the last block first, as far down as headers are kept.
struct DescendingBlocks {
    let tip: Height
    /// With whether the block is kept whole: of pruned ones, and of those that came with a
    /// snapshot, there are headers only.
    let blocks: [(block: StoredBlock, isKept: Bool)]
    /// Where the next page begins; nil when there is none.
    let next: Height?

    /// - Parameter from: the tip when it is nil or beyond.
    /// - Throws: ``StoreFault`` below the lowest header.
    init(from: Height?, limit: Int, in reader: LedgerReader) throws {
        tip = try reader.tip().header.height
        let top = min(from ?? tip, tip)
        let count = UInt64(limit)
        let (base, lowest) = (try reader.baseHeight(), try reader.lowestHeader())
        guard top >= lowest else { throw StoreFault.notKept(height: top, base: base) }
        let bottom = max(lowest, Height(top.rawValue >= count ? top.rawValue - count + 1 : 0))
        blocks = try reader.blocks(bottom...top).reversed().map { block in
            let height = block.header.height
            return (block, height > base || height == .genesis)
        }
        next = bottom > lowest ? Height(bottom.rawValue - 1) : nil
    }
}

extension Query {
    /// A key of the state in the path, in hexadecimal.
    func stateKey(_ name: String) throws -> [UInt8] {
        guard let key = Hex.decode(path(name)), !key.isEmpty, key.count <= 256 else {
            throw Problem.badField(
                name, "is no state key",
                remedy: "give 1 to 256 bytes in hexadecimal; docs/formats/state.md makes them")
        }
        return key
    }
}

extension JSONValue {
    static func header(
        _ header: BlockHeader, hash: Hash256, finalHeight: Height,
        more: [(String, JSONValue)] = []
    ) -> JSONValue {
        .object(
            [
                ("height", .number(header.height.rawValue)), ("hash", .string(hash.hex)),
                ("time", .time(header.time)), ("final", .bool(header.height <= finalHeight)),
                ("epoch", .number(header.epoch)), ("parent", .string(header.parent.hex)),
                ("proposer", header.proposer.map { .string($0.rawValue) } ?? .null),
                ("entries_root", .string(header.entriesRoot.hex)),
                ("transactions_root", .string(header.transactionsRoot.hex)),
                ("receipts_root", .string(header.receiptsRoot.hex)),
                ("state_root", .string(header.stateRoot.hex)),
                ("history_root", .string(header.historyRoot.hex)),
                ("members_hash", .string(header.membersHash.hex)),
                ("next_members_hash", .string(header.nextMembersHash.hex)),
            ] + more)
    }

    static func transaction(
        _ envelope: Envelope, id: Hash256, leaf: Int
    ) throws -> JSONValue {
        let body = try TransactionBody(strict: envelope.body).jsonForm(pretty: false)
        return [
            "id": .string(id.hex), "leaf": .number(leaf),
            "public_key": .string(envelope.publicKey.hex),
            "signature": .string(Hex.encode(envelope.signature.bytes)),
            "body_bytes": .string(Data(envelope.body).base64EncodedString()),
            "body": .raw(body),
        ]
    }
}
