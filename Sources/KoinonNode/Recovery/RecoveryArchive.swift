import KoinonLedger
import KoinonProtocol

/// What a member keeps of the ceremonies in which it takes part: what was signed there is never
/// signed otherwise.
///
/// What is kept is durable on return: it is found here after any crash.
package protocol RecoveryArchive {
    /// What a member stated when it closed the epoch; nil when it has not.
    func statement(closing epoch: UInt64, of member: MemberID) throws -> Signed?
    func keep(statement: Signed, closing epoch: UInt64, of member: MemberID) throws

    /// The record of an epoch that members hosted here have signed.
    func record(of epoch: UInt64) throws -> RecoveryRecord?
    func keep(record: RecoveryRecord) throws

    /// Transactions of blocks that an epoch's beginning dropped, for the pool.
    func keep(returned: [Signed], epoch: UInt64) throws
}
