import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol

/// An alliance of one member in memory: the machine itself, without store and node.
///
/// Transactions are signed; their signatures are not checked again, because they were made
/// here a moment before.
final class MemoryAlliance {
    let replica: Replica
    let member: MemberID
    private let nodeKey: SigningKey
    private var sequence: UInt64 = 0
    /// Hands on what each block did, if anybody wants to know.
    var onBlock: ((ExecutedBlock, BlockResult) -> Void)?

    init(name: String, at time: Timestamp, parameters: Parameters = Parameters()) throws {
        guard let member = MemberID(rawValue: "trial") else {
            preconditionFailure("\"trial\" is a slug")
        }
        self.member = member
        nodeKey = DemoKey.staff("node", of: member)
        var content = Genesis()
        content.format = GenesisDocument.format
        content.name = name
        content.timeMs = time.milliseconds
        var founder = GenesisMember()
        founder.id = member.rawValue
        founder.name = name
        founder.nodeKey.append(contentsOf: nodeKey.publicKey.bytes)
        founder.accountKey.append(contentsOf: Self.accountKey(of: member).publicKey.bytes)
        content.members = [founder]
        content.parameters = parameters
        content.processes = [LeaseProcess.definition]
        let bytes = Array(content.jsonForm(pretty: true).utf8)
        replica = try Replica(genesis: GenesisDocument(contentsOf: bytes))
    }

    static func accountKey(of member: MemberID) -> SigningKey {
        DemoKey.staff("member", of: member)
    }

    var time: Timestamp { replica.header.time }

    /// Closes a block at that time, with due timers and these transactions.
    ///
    /// - Throws: ``ReplayFault`` when a transaction is not carried out.
    func block(at time: Timestamp, _ transactions: [BuiltTransaction]) throws {
        sequence += 1
        var body = EntryBody()
        body.chain.append(contentsOf: replica.chain.bytes)
        body.author = member.rawValue
        body.sequence = sequence
        body.clockMs = time.milliseconds
        body.transactions = transactions.map(\.envelope.message)
        let envelope = nodeKey.sign(body.encoded, as: .entry)
        let checked = try transactions.map {
            try CheckedTransaction($0.envelope, chain: replica.chain, signature: .doneBefore)
        }
        let entry = CheckedEntry(
            own: envelope, author: member, sequence: sequence, clock: time,
            transactions: checked, attestations: [])
        guard case .closed(let block, let ignored) = replica.apply(entry) else {
            if transactions.isEmpty { return }
            throw ReplayFault(description: "transactions at \(time) close no block")
        }
        let result = try BlockResult(serializedBytes: block.result)
        if let failed = result.receipts.first(where: { $0.code != 0 }) {
            let name = Modules.rejectionMeanings[failed.code]?.name ?? ""
            throw ReplayFault(
                description: "rejected at \(time): \(name) \(failed.field) \(failed.detail)")
        }
        if let reason = ignored.first {
            throw ReplayFault(description: "ignored at \(time): \(reason.value)")
        }
        onBlock?(block, result)
    }
}
