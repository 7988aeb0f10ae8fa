/// The kind of a signed body. Its name is part of what is signed, so that a
/// signature made for one kind is worth nothing for another.
public enum SigningTag: String, Sendable, CaseIterable {
    /// `TransactionBody`, signed by a key of the sender.
    case transaction = "koinon/transaction/v1"
    /// `EntryBody`, signed by a member's node.
    case entry = "koinon/entry/v1"
    /// `AttestationBody`, signed by a member's node.
    case attestation = "koinon/attestation/v1"
    /// `RecoveryStatement`, signed by a member's node.
    case recoveryStatement = "koinon/recovery-statement/v1"
    /// `AccountConsent`, signed by the first key of the account to be opened.
    case accountConsent = "koinon/account-consent/v1"

    /// Calls `action` with  tag ‖ 0x00 ‖ body  in one piece, on the stack when it is
    /// short: libsodium takes a message in one piece only.
    func withMessage<Result>(
        _ body: [UInt8], _ action: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        var tag = rawValue
        return try tag.withUTF8 { tag in
            let count = tag.count + 1 + body.count
            return try withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { buffer in
                buffer.copyMemory(from: UnsafeRawBufferPointer(tag))
                buffer[tag.count] = 0
                body.withUnsafeBytes {
                    UnsafeMutableRawBufferPointer(rebasing: buffer[(tag.count + 1)...])
                        .copyMemory(from: $0)
                }
                return try action(UnsafeRawBufferPointer(buffer))
            }
        }
    }
}
