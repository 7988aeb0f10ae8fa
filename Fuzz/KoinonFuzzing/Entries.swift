import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol

extension FuzzTarget {
    /// An entry in its packed form; then the same entry as if its author were a member of a
    /// running alliance and its senders had accounts there.
    public static let entries = FuzzTarget("entries", maximumBytes: 16_384) { bytes in
        guard
            let envelope = try taken({ () throws(EnvelopeFault) in try Envelope(packed: bytes) }),
            let body = try MessageProperties.decode(EntryBody.self, envelope.body)
        else { return }
        for attestation in body.attestations {
            let inner = try taken { () throws(EnvelopeFault) in try Envelope(attestation) }
            _ = try inner.map { inner throws(Violation) in
                try MessageProperties.decode(AttestationBody.self, inner.body)
            }
        }
        if let chain = ChainID(body.chain) {
            let checked = try taken { () throws(EntryFault) in
                try CheckedEntry(
                    envelope, chain: chain, epoch: body.epoch, signature: .doneBefore)
            }
            if let checked { try EntryProperties.check(checked, from: body) }
            let signedToo = try taken { () throws(EntryFault) in
                try CheckedEntry(envelope, chain: chain, epoch: body.epoch)
            }
            try hold(
                (signedToo != nil) == (checked != nil && envelope.isAuthentic(as: .entry)),
                "two judgements of one signature")
        }
        let world = FuzzWorld.shared
        let moved = EntryProperties.moved(body, to: world)
        let entry = try taken { () throws(EntryFault) in
            try CheckedEntry(
                moved, chain: world.chain, epoch: 0, signature: .doneBefore, isKnown: { _ in true })
        }
        guard let entry, let sent = try MessageProperties.decode(EntryBody.self, moved.body) else {
            throw Violation("an entry of the world is refused")
        }
        try EntryProperties.check(entry, from: sent)
        try world.apply(entry)
    }
}

private enum EntryProperties {
    static func check(_ entry: CheckedEntry, from body: EntryBody) throws(Violation) {
        try hold(
            entry.void == nil
                ? entry.transactions.count == body.transactions.count
                : entry.transactions.isEmpty && entry.void?.isEmpty == false,
            "an entry is void in part")
        try hold(
            Set(entry.transactions.map(\.id)).count == entry.transactions.count,
            "one transaction stands in the entry twice")
        try hold(
            entry.attestations.count <= EntryLimits.attestations
                && entry.clock <= Timestamp.maximum && entry.sequence == body.sequence
                && entry.author.rawValue == body.author,
            "taken beyond a limit")
    }

    /// The entry by the world's first member, with its next sequence and a clock within a
    /// week; its transactions by accounts of the world. What they do stays as it is.
    static func moved(_ body: EntryBody, to world: FuzzWorld) -> Envelope {
        let now = world.header.time.milliseconds
        let clock = Timestamp(milliseconds: now + body.clockMs % 604_800_000)
        return world.entry(
            clock: clock,
            transactions: body.transactions.prefix(20).map { signed in
                moved(signed, to: world, at: clock)
            })
    }

    private static func moved(
        _ signed: Signed, to world: FuzzWorld, at clock: Timestamp
    ) -> Envelope {
        let placeholder = Signature([UInt8](repeating: 0, count: Signature.byteCount))
        guard let placeholder else { preconditionFailure("a signature has this length") }
        let first = Int(signed.body.last ?? 0) % world.actors.count
        guard var body = try? TransactionBody(strict: Array(signed.body)) else {
            return Envelope(
                body: Array(signed.body), publicKey: world.actors[first].key.publicKey,
                signature: placeholder)
        }
        let actor = world.actor(of: body.sender) ?? world.actors[first]
        body.chain = Data(world.chain.bytes)
        body.sender = Data(actor.account.bytes)
        body.nonce = max(body.nonce % 1_024, 1) + 10
        body.expiresAtMs = clock.milliseconds + body.expiresAtMs % 86_400_000
        return Envelope(
            body: body.encoded, publicKey: actor.key.publicKey, signature: placeholder)
    }
}
