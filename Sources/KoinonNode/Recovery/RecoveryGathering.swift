import KoinonLedger
import KoinonProtocol

/// What the computing member's own ledger holds: where belief begins.
public struct RecoveryKnowledge: Sendable {
    public var chain: ChainID
    /// Every set that judges blocks of the chain up to its own final block, or that this names.
    public var sets: [MemberSet]
    /// Block 0, and final blocks with the epochs in which quorums attested them.
    public var finals: [(epoch: UInt64, header: BlockHeader)]

    public init(
        chain: ChainID, sets: [MemberSet], finals: [(epoch: UInt64, header: BlockHeader)]
    ) {
        self.chain = chain
        self.sets = sets
        self.finals = finals
    }
}

/// Makes one case of statements, earlier records and quorums: checks every signature and
/// every quorum, and says which statements it could not take, and why.
struct RecoveryGathering {
    private let knowledge: RecoveryKnowledge
    private let closes: UInt64
    private var statements: [CheckedStatement] = []
    private var statedTwice: Set<PublicKey> = []
    private var tree = BlockTree()
    /// By hash; only those that final blocks lead to are believed to judge anything.
    private var named: [Hash256: MemberSet] = [:]
    private var trusted: Set<Hash256>
    private var finals: Set<ShownFinal> = []
    private var shown: [(epoch: UInt64, header: CheckedHeader)] = []
    private var attested: Set<AttestedPoint> = []
    /// Bases of records that were found valid, by epoch.
    private var bases: [UInt64: Set<Hash256>] = [:]
    /// Those of them that were voted on.
    private var voted: [UInt64: Set<Hash256>] = [:]
    /// What was not taken: why, and the hashes of the statements' bodies.
    private(set) var refused: [RecoveryFault] = []
    private(set) var refusedBodies: Set<Hash256> = []

    init(closes: UInt64, knowledge: RecoveryKnowledge) {
        self.closes = closes
        self.knowledge = knowledge
        trusted = Set(knowledge.sets.map(\.hash))
        for set in knowledge.sets { named[set.hash] = set }
        for (epoch, header) in knowledge.finals {
            tree.insert(header)
            finals.insert(ShownFinal(epoch: epoch, block: BlockPoint(header)))
        }
    }

    /// A record of an earlier epoch whose statements lead to its base: statements may name it.
    mutating func add(valid record: CheckedRecord) {
        bases[record.epoch, default: []].insert(record.header.hash)
        if record.vote != nil { voted[record.epoch, default: []].insert(record.header.hash) }
        tree.insert(record.base.header)
        for set in record.sets { named[set.hash] = set }
        for header in record.headers.sorted(by: { $0.height < $1.height }) { tree.insert(header) }
        shown.append((record.epoch, record.base))
    }

    /// A quorum that somebody shows beside the statements.
    mutating func add(quorum: CheckedHeader, sets: [MemberSet]) {
        for set in sets { named[set.hash] = set }
        tree.insert(quorum.header)
        shown.append((quorum.header.epoch, quorum))
        for envelope in quorum.attestations.values { attest(envelope) }
    }

    mutating func add(_ statement: CheckedStatement) {
        let position = statement.position
        guard statement.closes == closes else {
            return refuse(
                statement, "closes epoch \(statement.closes), not \(closes)",
                "have \(position.member) state again with --closes \(closes)")
        }
        if let other = statements.first(where: { $0.position.key == position.key }) {
            if other.envelope.body != statement.envelope.body { statedTwice.insert(position.key) }
            return
        }
        for (epoch, tip) in position.tips.sorted(by: { $0.key < $1.key })
        where epoch > position.since {
            guard bases[epoch]?.contains(tip.hash) ?? false else {
                return refuse(
                    statement,
                    "names epoch \(epoch) on block \(tip.height), whose record is not at hand",
                    "ask \(position.member) for that record and give it with --record")
            }
        }
        for header in statement.headers.sorted(by: { $0.height < $1.height })
        where !tree.insert(header) {
            return refuse(
                statement, "block \(header.height) cannot follow its parent",
                "have \(position.member) verify its ledger")
        }
        // By itself: what is taken must not depend on what others state.
        let own = Set(statement.sets.map(\.hash))
        let shownHeaders = [statement.final, statement.since?.base].compactMap { $0?.header }
        let unnamed = (statement.headers + shownHeaders).first {
            !own.isSuperset(of: [$0.membersHash, $0.nextMembersHash])
        }
        if let unnamed {
            return refuse(
                statement, "does not hold the members whom block \(unnamed.height) names",
                "have \(position.member) state again")
        }
        for set in statement.sets { named[set.hash] = set }
        statements.append(statement)
        for header in [statement.final, statement.since?.base].compactMap({ $0 }) {
            tree.insert(header.header)
            for envelope in header.attestations.values { attest(envelope) }
        }
        if let final = statement.final { shown.append((final.header.epoch, final)) }
        if let since = statement.since { shown.append((since.epoch, since.base)) }
        attested.formUnion(statement.attestations.map(\.point))
    }

    private mutating func refuse(_ statement: CheckedStatement, _ what: String, _ remedy: String) {
        refusedBodies.insert(statement.envelope.bodyHash)
        refused.append(
            RecoveryFault(
                "the statement of \(statement.position.member) \(what)", remedy: remedy))
    }

    private mutating func attest(_ envelope: Envelope) {
        guard let attestation = Attestation(envelope, chain: knowledge.chain) else { return }
        attested.insert(
            AttestedPoint(
                key: envelope.publicKey, epoch: attestation.epoch,
                block: BlockPoint(height: attestation.height, hash: attestation.blockHash)))
    }

    /// The case, once everything is added.
    mutating func recovery() -> RecoveryCase {
        countQuorums()
        dropUnfounded()
        return RecoveryCase(
            closes: closes, tree: tree, sets: named, statements: statements.map(\.position),
            attested: attested, finals: finals, statedTwice: statedTwice, voted: voted)
    }

    /// Counts quorums until no more sets are believed through them: each set is believed once
    /// the block that names it is final.
    private mutating func countQuorums() {
        var before = -1
        while before != finals.count + trusted.count {
            before = finals.count + trusted.count
            for (epoch, header) in shown { count(header, in: epoch) }
            // What the statements' attestations add up to, though nobody shows it whole.
            var byBlock: [ShownFinal: Set<PublicKey>] = [:]
            for point in attested {
                byBlock[ShownFinal(epoch: point.epoch, block: point.block), default: []]
                    .insert(point.key)
            }
            for (block, keys) in byBlock {
                guard let header = tree.header(block.block.hash) else { continue }
                count(header, in: block.epoch, signedBy: keys)
            }
        }
    }

    private mutating func count(_ header: CheckedHeader, in epoch: UInt64) {
        count(header.header, in: epoch, signedBy: Set(header.attestations.keys))
    }

    private mutating func count(
        _ header: BlockHeader, in epoch: UInt64, signedBy keys: Set<PublicKey>
    ) {
        func hasQuorum(_ hash: Hash256) -> Bool {
            guard let set = named[hash] else { return false }
            return set.members.count { keys.contains($0.nodeKey) } >= set.quorum
        }
        guard trusted.contains(header.membersHash), hasQuorum(header.membersHash),
            epoch == header.epoch || hasQuorum(header.nextMembersHash)
        else { return }
        finals.insert(ShownFinal(epoch: epoch, block: BlockPoint(header)))
        if named[header.nextMembersHash] != nil { trusted.insert(header.nextMembersHash) }
    }

    /// A statement whose final block has no quorum of members whom anybody knows shows nothing.
    private mutating func dropUnfounded() {
        var kept: [CheckedStatement] = []
        for statement in statements {
            let claims = [
                statement.final.map { ($0.header.epoch, $0.header) },
                statement.since.map { ($0.epoch, $0.base.header) },
            ].compactMap { $0 }
            let missing = claims.first { epoch, header in
                !finals.contains(ShownFinal(epoch: epoch, block: BlockPoint(header)))
            }
            if let (_, header) = missing {
                refuse(
                    statement, "shows block \(header.height) without a quorum of its judges",
                    "if this ledger lags behind, let it catch up; else the statement is wrong")
            } else {
                kept.append(statement)
            }
        }
        statements = kept
    }
}
