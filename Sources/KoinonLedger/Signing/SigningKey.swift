import KoinonProtocol

/// An Ed25519 key pair. Shown and reflected without its secret.
public struct SigningKey: Sendable, CustomStringConvertible, CustomReflectable {
    private let secret: Storage32
    public let publicKey: PublicKey

    private init(secret: Storage32) {
        self.secret = secret
        publicKey = Ed25519.publicKey(ofSeed: secret)
    }

    /// A new key from the system's random generator.
    public static func generate() -> SigningKey {
        SigningKey(secret: Ed25519.randomSeed())
    }

    /// From the 32-byte seed that RFC 8032 calls the private key; nil for another length.
    public init?(seed: [UInt8]) {
        guard seed.count == 32 else { return nil }
        self.init(secret: seed.withUnsafeBytes { Storage32(reading: $0) })
    }

    /// The secret: whoever has it signs as this key.
    public var seed: [UInt8] { secret.withBytes { Array($0) } }

    /// Signs  tag ‖ 0x00 ‖ body  and puts the body, unchanged, in an envelope.
    public func sign(_ body: [UInt8], as tag: SigningTag) -> Envelope {
        let signature = tag.withMessage(body) {
            Ed25519.sign($0, seed: secret, publicKey: publicKey)
        }
        return Envelope(body: body, publicKey: publicKey, signature: signature)
    }

    public var description: String { "SigningKey(public key \(publicKey))" }
    public var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}
