import KoinonLedger
import KoinonProtocol

@testable import TestNodes

/// Sets of members and headers that follow each other, without a ledger behind them.
struct HeaderChain {
    static let chain = ChainID(Hash256.sha256(Array("a chain".utf8)).bytes)!
    private(set) var header: BlockHeader
    private var time: UInt64 = 1

    init(_ judges: MemberSet) { header = Self.header(.genesis, .zero, judges, judges, time: 0) }

    static func members(_ names: String...) -> MemberSet { members(names) }

    static func members(_ names: [String]) -> MemberSet {
        MemberSet(
            names.map {
                MemberSet.Entry(
                    id: MemberID(rawValue: $0)!, nodeKey: TestHome.nodeKey(of: $0).publicKey)
            })
    }

    /// The next header, judged by `judges`, naming `next` for the one after.
    mutating func next(_ judges: MemberSet, naming next: MemberSet? = nil) -> BlockHeader {
        time += 1
        header = Self.header(
            header.height.next, header.hash, judges, next ?? judges, time: time)
        return header
    }

    static func header(
        _ height: Height, _ parent: Hash256, _ judges: MemberSet, _ next: MemberSet, time: UInt64
    ) -> BlockHeader {
        BlockHeader(
            chain: chain, epoch: 0, height: height, parent: parent,
            time: Timestamp(milliseconds: time), entriesRoot: .zero, transactionsRoot: .zero,
            receiptsRoot: .zero, stateRoot: .zero, historyRoot: .zero, membersHash: judges.hash,
            nextMembersHash: next.hash, proposer: nil)
    }
}

extension MemberID {
    static let names = ["alfa", "bravo", "carol", "delta", "echo", "fox", "golf"]
    static let alfa = MemberID(rawValue: "alfa")!
    static let bravo = MemberID(rawValue: "bravo")!
    static let carol = MemberID(rawValue: "carol")!
}
