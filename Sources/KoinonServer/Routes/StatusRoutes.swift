import Hummingbird
import KoinonNode
import KoinonProtocol
import KoinonStore

/// What the chain is, how far this node is, and what it sees of the members.
struct StatusRoutes {
    let context: ServerContext

    func add(to router: Router<KoinonRequestContext>) {
        router.get("/v1/status") { _, _ in try status() }
    }

    private func status() throws -> JSONValue {
        let node = context.node
        let finalHeight = node.finalHeight
        let durable = try context.store.read { reader in
            try self.durable(reader, finalHeight: finalHeight)
        }
        var fields = chain(durable, finalHeight)
        fields.append(("hosts", .array(node.hostedIDs.map { .string($0.rawValue) })))
        let joins: JSONValue = context.joining.map { .string($0.member.rawValue) } ?? .null
        fields.append(("join_member", joins))
        fields.append(("pool", .number(node.poolCount)))
        fields.append(("pool_limit", .number(node.poolLimit)))
        fields.append(("pool_percent", .number(node.poolPercent)))
        fields.append(("open_since", Self.time(durable.openSince)))
        let change: JSONValue = durable.openChange.map { .number($0.rawValue) } ?? .null
        fields.append(("open_change", change))
        fields.append(("member_states", .array(memberStates(durable))))
        fields.append(("protocol", protocolState))
        fields.append(("engine", engine))
        fields.append(("disk", disk(durable.bytes)))
        let certificate = context.certificates?.standing
        fields.append(("certificate_ends", Self.time(certificate?.ends)))
        fields.append(("new_certificate_refused", .bool(certificate?.hasRefused ?? false)))
        return .object(fields)
    }

    /// What the chain is, and where this node is on it.
    private func chain(_ durable: Durable, _ finalHeight: Height) -> [(String, JSONValue)] {
        let node = context.node
        let (header, members, timer) = context.replica.read {
            ($0.header, $0.members, $0.nextTimer)
        }
        return [
            ("height", .number(header.height.rawValue)),
            ("final_height", .number(finalHeight.rawValue)),
            ("time", .time(header.time)),
            ("now", .time(node.now)),
            ("chain", .string(node.chain.hex)),
            ("alliance", .string(node.genesis.genesis.name)),
            ("block_hash", .string(header.hash.hex)),
            ("final_hash", .string(durable.finalHash)),
            ("state_root", .string(header.stateRoot.hex)),
            ("base_height", .number(durable.base.rawValue)),
            ("members", .number(members.members.count)),
            ("quorum", .number(members.quorum)),
            ("next_timer", Self.time(timer)),
        ]
    }

    private static func time(_ time: Timestamp?) -> JSONValue {
        guard let time else { return .null }
        return .time(time)
    }

    /// What one view of the store shows.
    private struct Durable {
        var base: Height
        var finalHash: String
        var bytes: UInt64
        /// When the first block closed that is not final.
        var openSince: Timestamp?
        /// The first of them that changes the members.
        var openChange: Height?
        var attested: [MemberID: Height]
        /// Who signed the first block that is not final; nil when all are final.
        var signedNext: Set<MemberID>?
    }

    private func durable(_ reader: LedgerReader, finalHeight: Height) throws -> Durable {
        let tip = try reader.tip().header.height
        let next = finalHeight.next
        let open = try reader.block(at: next)
        return Durable(
            base: try reader.baseHeight(),
            finalHash: try reader.block(at: finalHeight)?.hash.hex ?? "",
            bytes: try reader.bytes(), openSince: open?.header.time,
            openChange: open == nil ? nil : try reader.firstChange(next...tip),
            attested: try reader.lastSigned(),
            signedNext: open == nil
                ? nil : Set(try reader.attestations(at: next).map(\.member)))
    }

    private func memberStates(_ durable: Durable) -> [JSONValue] {
        let silent = context.node.silentMembers
        return context.replica.read { replica in
            replica.members.members.map { member -> JSONValue in
                let attested: JSONValue =
                    durable.attested[member.id].map { .number($0.rawValue) } ?? .null
                let signed: JSONValue =
                    durable.signedNext.map { .bool($0.contains(member.id)) } ?? .null
                let reason: JSONValue = silent[member.id].map { .string($0.description) } ?? .null
                return .object([
                    ("id", .string(member.id.rawValue)), ("attested", attested),
                    ("has_signed_next", signed),
                    ("sequence", .number(replica.lastSequence(of: member.id))),
                    ("clock", .time(replica.lastClock(of: member.id))),
                    ("silent", reason),
                ])
            }
        }
    }

    private var protocolState: JSONValue {
        let node = context.node
        let coming = node.comingProtocol.map { coming -> JSONValue in
            ["version": .number(coming.version), "from_height": .number(coming.from.rawValue)]
        }
        return [
            "version": .number(node.protocolVersion), "known": .number(node.knownProtocol),
            "coming": coming ?? .null,
        ]
    }

    private var engine: JSONValue {
        let report = context.node.engineReport
        return [
            "name": .string(report.name), "faults": .array(report.faults.map { .string($0) }),
        ]
    }

    private func disk(_ ledgerBytes: UInt64) -> JSONValue {
        guard let free = context.freeDiskBytes else { return .null }
        return ["free_bytes": .number(free), "ledger_bytes": .number(ledgerBytes)]
    }
}

extension JSONValue {
    /// `{"ms": …, "text": "2026-01-01T00:00:00Z"}`.
    static func time(_ time: Timestamp) -> JSONValue {
        ["ms": .number(time.milliseconds), "text": .string(time.iso8601)]
    }
}
