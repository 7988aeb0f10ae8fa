import KoinonLedger
import KoinonNode
import KoinonProtocol

/// What a member keeps of its ceremonies, on paper.
final class SimulatedArchive: RecoveryArchive {
    private var statements: [UInt64: Signed] = [:]
    private var records: [UInt64: RecoveryRecord] = [:]
    /// Transactions of dropped blocks, which wait for a block again.
    private(set) var returned: [Signed] = []

    func statement(closing epoch: UInt64, of member: MemberID) -> Signed? { statements[epoch] }

    func keep(statement: Signed, closing epoch: UInt64, of member: MemberID) {
        statements[epoch] = statement
    }

    func record(of epoch: UInt64) -> RecoveryRecord? { records[epoch] }

    func keep(record: RecoveryRecord) { records[record.beginning.epoch] = record }

    func keep(returned: [Signed], epoch: UInt64) { self.returned += returned }
}
