import KoinonLedger
import KoinonProtocol

/// What clients sent and want to see final: each remembers its own transactions, as a
/// platform does, and sends again what it heard nothing of.
struct ClientBook {
    struct Sent {
        var envelope: Envelope
        var expiresAtMs: UInt64
        /// To be sent again, to a node not asked the last time.
        var tries = 0
    }

    let chain: ChainID
    private(set) var pending: [Hash256: Sent] = [:]
    /// In the order in which they were sent first.
    private(set) var order: [Hash256] = []

    init(chain: ChainID) { self.chain = chain }

    mutating func send(_ envelope: Envelope, expiresAtMs: UInt64) {
        let id = envelope.bodyHash
        guard pending[id] == nil else { return }
        pending[id] = Sent(envelope: envelope, expiresAtMs: expiresAtMs)
        order.append(id)
    }

    mutating func tried(_ id: Hash256) { pending[id]?.tries += 1 }

    /// Its end is known.
    mutating func settle(_ id: Hash256) {
        guard pending.removeValue(forKey: id) != nil else { return }
        order.removeAll { $0 == id }
    }
}
