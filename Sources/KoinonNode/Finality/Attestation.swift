import Foundation
import KoinonLedger
import KoinonProtocol

/// A member's signature under a block's hash, as it travels: what it says about which
/// block, once its form holds. Whether it is true is for the reader to find out.
public struct Attestation: Hashable, Sendable {
    public let envelope: Envelope
    public let epoch: UInt64
    public let height: Height
    public let blockHash: Hash256

    /// Nil for bytes that are no attestation of this chain.
    public init?(_ envelope: Envelope, chain: ChainID) {
        guard let body = try? AttestationBody(strict: envelope.body),
            ChainID(body.chain) == chain, let hash = Hash256(body.blockHash)
        else { return nil }
        self.envelope = envelope
        epoch = body.epoch
        height = Height(body.height)
        blockHash = hash
    }

    /// Nil for bytes that are no attestation of this chain.
    public init?(_ signed: Signed, chain: ChainID) {
        guard let envelope = try? Envelope(signed) else { return nil }
        self.init(envelope, chain: chain)
    }

    /// The node key that it claims to be signed with.
    public var publicKey: PublicKey { envelope.publicKey }

    /// The body that a member signs.
    public static func body(of header: BlockHeader) -> [UInt8] {
        var body = AttestationBody()
        body.chain = Data(header.chain.bytes)
        body.epoch = header.epoch
        body.height = header.height.rawValue
        body.blockHash = Data(header.hash.bytes)
        return body.encoded
    }

    public func isOf(_ header: BlockHeader) -> Bool {
        epoch == header.epoch && height == header.height && blockHash == header.hash
    }
}
