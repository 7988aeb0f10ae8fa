import KoinonLedger
import KoinonProtocol

extension BlockHeader {
    /// Names of the fields in which two headers differ, as docs/formats/header.md has them.
    func differences(from other: BlockHeader) -> [String] {
        [
            ("version", version == other.version), ("chain", chain == other.chain),
            ("epoch", epoch == other.epoch), ("height", height == other.height),
            ("parent", parent == other.parent), ("time_ms", time == other.time),
            ("entries_root", entriesRoot == other.entriesRoot),
            ("transactions_root", transactionsRoot == other.transactionsRoot),
            ("receipts_root", receiptsRoot == other.receiptsRoot),
            ("state_root", stateRoot == other.stateRoot),
            ("history_root", historyRoot == other.historyRoot),
            ("members_hash", membersHash == other.membersHash),
            ("next_members_hash", nextMembersHash == other.nextMembersHash),
            ("proposer", proposer == other.proposer),
        ].filter { !$0.1 }.map(\.0)
    }
}
