import Foundation
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol

/// What lying members do: with their own keys anything, with others' nothing.
extension AllianceWorld {
    func tell(_ lie: Lie, by id: MemberID) {
        guard let node = nodes[id], let process = node.process else { return }
        counts.lies += 1
        if Lie.aboutTime.contains(lie) {
            counts.clockLies += 1
            clockLies[id] = lie
        }
        let sequence = process.replica.read { $0.lastSequence(of: id) } + 1
        var entry = LyingEntry(author: node, sequence: sequence, clock: statedClock(of: node))
        entry.epoch = process.replica.read { $0.epoch }
        switch lie {
        case .attestTwice:
            let header = process.replica.read { $0.header }
            var bytes = header.hash.bytes
            bytes[Int(chances.next("lie", of: id) % 32)] ^= 1
            guard let other = Hash256(bytes) else { return }
            entry.attestations = [header.hash, other].map { hash in
                attestation(of: hash, at: header, by: node)
            }
        case .attestEverything:
            let all = book.blocks.values.sorted {
                ($0.header.height.rawValue, $0.hash) < ($1.header.height.rawValue, $1.hash)
            }
            entry.attestations = all.suffix(200).filter {
                !$0.signers.contains(node.member.nodeKey.publicKey)
            }.map {
                attestation(of: $0.hash, at: $0.header, by: node)
            }
        case .voidEntry: return appendVoid(entry)
        case .replay, .overtake:
            if let envelope = another(lie, than: id) { engine.insert(envelope, by: id) }
            return awaitDeliveries()
        case .stealTransactions: entry.transactions = stolen(from: id)
        case .skipSequence: entry.sequence += 1 + chances.next("lie", of: id) % 3
        case .withdraw:
            guard let place = process.position else { return }
            return engine.withdraw(of: id, behind: sequence - 1, through: place)
        case .markAhead:
            let height = process.replica.read { $0.header.height.rawValue }
            _ = engine.mark(Height(height + 1_000), by: id)
            return
        case .sameSequence:
            engine.insert(entry.envelope(chain: genesis.chain), by: id)
            entry.clock = Timestamp(milliseconds: entry.clock.milliseconds + 1)
        case .forgeAttestation: entry.attestations = forged(by: id)
        case .clockAhead, .clockBehind, .clockJumps: break
        }
        append(entry)
    }

    /// What a node states for the time in an entry that it writes now: its clock, unless it
    /// lies about it.
    func statedClock(of node: SimulatedNode) -> Timestamp {
        let clock = clock(of: node)
        guard let lie = clockLies[node.id] else { return clock }
        let distances: [UInt64] = [5_000, 90_000, 86_400_000, 365 * 86_400_000, .max]
        let drawn = chances.next("false clock", of: node.id)
        let distance = distances[Int(drawn % UInt64(distances.count))]
        let isAhead = lie == .clockAhead || lie == .clockJumps && (drawn >> 32) % 2 == 0
        let now = clock.milliseconds
        return Timestamp(
            milliseconds: isAhead
                ? now + min(distance, Timestamp.maximum.milliseconds - now)
                : now - min(distance, now))
    }

    private func append(_ entry: LyingEntry) {
        let slot = SimulatedEngine.Slot(author: entry.author.id, sequence: entry.sequence)
        _ = engine.append(
            entry.envelope(chain: genesis.chain), in: slot, by: entry.author.id,
            also: { _ in true })
        awaitDeliveries()
    }

    private func attestation(
        of hash: Hash256, at header: BlockHeader, by node: SimulatedNode
    ) -> Signed {
        var body = AttestationBody()
        body.chain = Data(genesis.chain.bytes)
        body.epoch = header.epoch
        body.height = header.height.rawValue
        body.blockHash = Data(hash.bytes)
        // Nobody is bound who lies.
        _ = book.sign(
            node.id, with: node.member.nodeKey.publicKey, epoch: header.epoch,
            height: header.height.rawValue, hash, isBound: false)
        return node.member.nodeKey.sign(body.encoded, as: .attestation).message
    }

    private func appendVoid(_ entry: LyingEntry) {
        var entry = entry
        var body = TransactionBody()
        body.chain = Data(genesis.chain.bytes)
        body.nonce = chances.next("lie", of: entry.author.id)
        let key = keys.key("nobody \(entry.author.id)")
        var signed = key.sign(body.encoded, as: .transaction).message
        signed.signature[0] ^= 1
        entry.transactions = [signed]
        void.insert(entry.envelope(chain: genesis.chain).signature)
        append(entry)
    }

    /// What another member appended long ago, or has under way.
    private func another(_ lie: Lie, than id: MemberID) -> Envelope? {
        let entries = engine.entries(for: id)
        if lie == .overtake {
            return ids.lazy.filter { $0 != id }.compactMap {
                self.nodes[$0]?.process?.author.underWay?.envelope
            }.first
        }
        guard !entries.isEmpty else { return nil }
        return entries[Int(chances.next("lie", of: id) % UInt64(entries.count))]
    }

    /// Transactions that others put into their last entries.
    private func stolen(from id: MemberID) -> [Signed] {
        for envelope in engine.entries(for: id).suffix(30).reversed() {
            guard let body = try? EntryBody(strict: envelope.body),
                body.author != id.rawValue, !body.transactions.isEmpty,
                !void.contains(envelope.signature)
            else { continue }
            return body.transactions
        }
        return []
    }

    private func forged(by id: MemberID) -> [Signed] {
        guard let header = nodes[id]?.process?.replica.read({ $0.header }) else { return [] }
        return ids.filter { $0 != id }.compactMap { other in
            guard let node = nodes[other] else { return nil }
            var body = AttestationBody()
            body.chain = Data(genesis.chain.bytes)
            body.epoch = header.epoch
            body.height = header.height.rawValue
            body.blockHash = Data(header.hash.bytes)
            var signed = Signed()
            signed.body = Data(body.encoded)
            signed.publicKey = Data(node.member.nodeKey.publicKey.bytes)
            signed.signature = Data(repeating: 7, count: 64)
            return signed
        }
    }
}

extension Lie {
    static let aboutTime: [Lie] = [.clockAhead, .clockBehind, .clockJumps]
}

/// An entry that an honest member would not write.
private struct LyingEntry {
    var author: SimulatedNode
    var sequence: UInt64
    var clock: Timestamp
    var epoch: UInt64 = 0
    var attestations: [Signed] = []
    var transactions: [Signed] = []

    func envelope(chain: ChainID) -> Envelope {
        var body = EntryBody()
        body.chain = Data(chain.bytes)
        body.epoch = epoch
        body.author = author.id.rawValue
        body.sequence = sequence
        body.clockMs = clock.milliseconds
        body.attestations = attestations
        body.transactions = transactions
        return author.member.nodeKey.sign(body.encoded, as: .entry)
    }
}
