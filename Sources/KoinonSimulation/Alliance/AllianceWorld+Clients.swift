import KoinonLedger
import KoinonProtocol

/// Clients: they send, ask again, and know when it is over.
extension AllianceWorld {
    private static let patienceMs: UInt64 = 2_000

    func send(_ step: TransactionStep, to nodes: [String]) {
        let envelope = step.envelope(chain: genesis.chain, keys: keys)
        if step.flaw == nil { clients.send(envelope, expiresAtMs: step.expiresAtMs) }
        for id in nodes.compactMap(MemberID.init(rawValue:)) where self.nodes[id] != nil {
            queue.add(.transaction(envelope, to: id), atMs: nowMs + delay("client", id))
        }
    }

    /// Every now and then: what is not final is sent to another node, and what has expired by
    /// every clock is given up.
    func sendAgain() {
        queue.add(.clients, atMs: nowMs + Self.patienceMs)
        let slowest = ids.compactMap { nodes[$0].map(clock) }.min() ?? .maximum
        // Where clocks were wrong block time may be far ahead of them.
        let final = book.final[book.highestFinal].flatMap { book.block($0) }
        let blockTime = final?.header.time.milliseconds ?? 0
        for id in clients.order {
            guard let sent = clients.pending[id] else { continue }
            if slowest.milliseconds > sent.expiresAtMs + 2 * Self.patienceMs
                || blockTime > sent.expiresAtMs
            {
                clients.settle(id)
                counts.expired += 1
                continue
            }
            clients.tried(id)
            let node = ids[(sent.tries + Int(id.bytes[0])) % ids.count]
            queue.add(.transaction(sent.envelope, to: node), atMs: nowMs + delay("client", node))
        }
    }

    /// What is executed in a final block is done, whatever came of it.
    func settleClients() {
        guard let top = book.final[book.highestFinal] else { return }
        for id in clients.order where book.height(of: id, on: top) != nil { clients.settle(id) }
    }
}
