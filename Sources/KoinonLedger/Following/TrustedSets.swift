import KoinonProtocol

/// Who judges the blocks from some height on, and in which epoch: learned from signatures
/// alone, each set believed because the one before it made the block final that names it.
///
/// Pure: reads no clock, file or network. It holds as long as at most f = n − quorum keys of
/// each set lie, for ever.
public struct TrustedSets: Hashable, Sendable {
    public let chain: ChainID
    /// They judge the blocks from ``least`` on, up to the next change.
    public private(set) var members: MemberSet
    /// The epoch of those blocks.
    public private(set) var epoch: UInt64
    /// The first height that ``members`` judge.
    public private(set) var least: Height
    /// Changes of members that were seen.
    public private(set) var memberChanges: Int
    /// The block that last changed members or began an epoch, and who judged it.
    public private(set) var turn: Turn?

    /// A block after which others judge, or another epoch runs.
    public struct Turn: Hashable, Sendable {
        public var block: Hash256
        public var judges: MemberSet
    }

    public init(genesis: GenesisDocument) {
        self.init(
            chain: genesis.chain, members: genesis.memberSet, epoch: 0, least: .genesis,
            memberChanges: 0, turn: nil)
    }

    init(
        chain: ChainID, members: MemberSet, epoch: UInt64, least: Height, memberChanges: Int,
        turn: Turn?
    ) {
        self.chain = chain
        self.members = members
        self.epoch = epoch
        self.least = least
        self.memberChanges = memberChanges
        self.turn = turn
    }

    /// Takes changes of members and beginnings of epochs in the order of their heights.
    ///
    /// - Throws: ``ProofFault`` with the first part that does not hold.
    public mutating func take(
        _ changes: [ProofFile.MemberChange], _ records: [ProofFile.EpochRecord]
    ) throws(ProofFault) {
        var records = records.enumerated().map { $0 }[...]
        for (index, change) in changes.enumerated() {
            while let (place, record) = records.first,
                record.header.height < change.header.height
            {
                try take(record, path: "epoch_records[\(place)].")
                records.removeFirst()
            }
            try take(change, path: "member_changes[\(index)].")
        }
        for (place, record) in records { try take(record, path: "epoch_records[\(place)].") }
    }

    private mutating func take(
        _ change: ProofFile.MemberChange, path: String
    ) throws(ProofFault) {
        try checkFinal(change.header, change.attestations, path: path)
        try Self.check(change.members, areNamedBy: change.header, path: path)
        guard change.members != members else {
            throw ProofFault(path: path + "members", problem: "are those before: no change")
        }
        turn = Turn(block: change.header.hash, judges: members)
        members = change.members
        least = change.header.height.next
        memberChanges += 1
    }

    private static func check(
        _ members: MemberSet, areNamedBy header: BlockHeader, path: String
    ) throws(ProofFault) {
        guard members.hash == header.nextMembersHash else {
            throw ProofFault(
                path: path + "members", problem: "are not those whose hash the header names as next"
            )
        }
    }

    private mutating func take(
        _ record: ProofFile.EpochRecord, path: String
    ) throws(ProofFault) {
        guard record.epoch > epoch else {
            throw ProofFault(
                path: path + "epoch", problem: "is not above the epoch before, \(epoch)")
        }
        guard record.header.epoch <= epoch else {
            throw ProofFault(path: path + "header", problem: "is of an epoch that did not begin")
        }
        try ProofFile.checkChain(of: record.header, is: chain, path: path + "header")
        let hash = record.header.hash
        var judges = members
        if let turn, turn.block == hash {
            judges = turn.judges
        } else if record.header.height < least {
            throw ProofFault(
                path: path + "header", problem: "has a height not above the change before")
        }
        try Self.check(
            record.attestations, of: record.header, in: record.epoch, by: judges, chain: chain,
            path: path)
        let changesMembers = record.header.membersHash != record.header.nextMembersHash
        guard changesMembers == (record.next != nil) else {
            throw ProofFault(
                path: path + "members",
                problem: changesMembers
                    ? "are missing, though the base names others" : "are there without a change")
        }
        turn = Turn(block: hash, judges: judges)
        if let next = record.next {
            try Self.check(next.members, areNamedBy: record.header, path: path)
            try Self.check(
                next.attestations, named: "next_attestations", of: record.header,
                in: record.epoch, by: next.members, chain: chain, path: path)
            if next.members != members { memberChanges += 1 }
            members = next.members
        }
        epoch = record.epoch
        least = record.header.height.next
    }
}
