import KoinonProtocol

/// What a reviewer commits to before it can know what the other side says.
public enum SealedReview {
    public static let tag = "koinon/review/v1"
    /// Bytes of salt: without it a score could be guessed from its hash.
    public static let saltBytes = 32

    /// SHA-256(tag ‖ 0x00 ‖ agreement ‖ reviewer ‖ salt ‖ score ‖ text hash); the score is
    /// one byte of two's complement, a missing text hash is 32 zero bytes.
    ///
    /// - Parameters:
    ///   - salt: 32 bytes.
    ///   - score: -10 to 10.
    public static func hash(
        agreement: AgreementID, reviewer: AccountID, salt: [UInt8], score: Int32,
        textHash: Hash256?
    ) -> Hash256 {
        Hash256.sha256(
            tag: tag,
            [
                agreement.bytes, reviewer.bytes, salt,
                [UInt8(bitPattern: Int8(truncatingIfNeeded: score))],
                (textHash ?? .zero).bytes,
            ])
    }
}
