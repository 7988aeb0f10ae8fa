import KoinonLedger
import KoinonProtocol

/// Every block that any node ever closed, on whatever branch, and every signature under one;
/// and what follows from them, by the rules of docs/formats/entries.md a second time.
///
/// Knows more than any node: it sees what is signed before anybody is told.
struct FinalityBook {
    struct Block {
        var header: BlockHeader
        var hash: Hash256
        /// Who judges it, and who judges the next.
        var judges: MemberSet
        var next: MemberSet
        /// The last clock of everybody who ever stated one.
        var clocks: [MemberID: UInt64]
        /// The last sequence of everybody who ever used one.
        var sequences: [MemberID: UInt64]
        /// Authors who contradicted themselves, with the height of the block that showed it.
        var silenced: [MemberID: UInt64] = [:]
        /// Of its judges and of others, by node key.
        var signers: Set<PublicKey> = []
        /// The nearest block before it that changed the members.
        var lastChange: Hash256?

        var changesMembers: Bool { header.membersHash != header.nextMembersHash }
        /// More than two thirds; the silenced count as members and not as signers.
        var hasQuorum: Bool {
            let count = judges.members.count { member in
                signers.contains(member.nodeKey)
                    && silenced[member.id].map { $0 >= header.height.rawValue } ?? true
            }
            return 3 * count > 2 * judges.members.count
        }
    }

    private(set) var blocks: [Hash256: Block] = [:]
    /// What some honest node called final, by height.
    private(set) var final: [UInt64: Hash256] = [:]
    private(set) var highestFinal: UInt64 = 0
    /// The last epoch that began.
    private(set) var epoch: UInt64 = 0
    /// On which blocks epochs began, by the last one that did.
    private var bases: [Hash256: UInt64] = [:]
    /// What each node key signed, by epoch and height.
    private var signed: [PublicKey: [UInt64: Branch]] = [:]
    /// In which blocks a transaction was executed; more than one on different branches.
    private var executed: [Hash256: [Hash256]] = [:]

    /// Whose node key it is or was.
    private var owners: [PublicKey: MemberID] = [:]

    /// What one key signed in one epoch.
    private struct Branch {
        var byHeight: [UInt64: Hash256] = [:]
        var highest: UInt64 = 0
    }

    func owner(of key: PublicKey) -> MemberID? { owners[key] }

    init(genesis header: BlockHeader, members: MemberSet) {
        let clocks = members.members.map { ($0.id, header.time.milliseconds) }
        blocks[header.hash] = Block(
            header: header, hash: header.hash, judges: members, next: members,
            clocks: Dictionary(uniqueKeysWithValues: clocks), sequences: [:])
        final[0] = header.hash
    }

    func block(_ hash: Hash256) -> Block? { blocks[hash] }

    /// The block of a branch at a height; nil when the branch is not known so far down.
    func ancestor(of hash: Hash256, at height: UInt64) -> Hash256? {
        if final[height] != nil, height <= highestFinal,
            let top = final[highestFinal], top == hash
        {
            return final[height]
        }
        var block = blocks[hash]
        while let found = block, found.header.height.rawValue > height {
            block = blocks[found.header.parent]
        }
        return block?.header.height.rawValue == height ? block?.hash : nil
    }

    // MARK: Blocks

    /// An entry of a closed block, as its author wrote it.
    struct Entry {
        var author: MemberID
        var key: PublicKey
        var sequence: UInt64
        var clockMs: UInt64
        /// Holds something that no one could accept.
        var isVoid: Bool
        /// Of whose contradiction it holds a proof.
        var contradictors: [PublicKey]
    }

    /// Takes a block that is closed for the first time.
    ///
    /// - Returns: what contradicts the rules, if anything does.
    mutating func close(
        _ header: BlockHeader, judgedBy judges: MemberSet, next: MemberSet, entries: [Entry],
        executed ids: [Hash256]
    ) -> (kind: Finding.Kind, text: String)? {
        let hash = header.hash
        guard let parent = blocks[header.parent] else {
            return (.block, "its parent \(header.parent) was never closed")
        }
        guard header.height == parent.header.height.next else {
            return (.block, "it follows block \(parent.header.height)")
        }
        let epoch = max(parent.header.epoch, bases[parent.hash] ?? 0)
        guard header.epoch == epoch else {
            return (.block, "it is of epoch \(header.epoch) and follows a block of \(epoch)")
        }
        guard header.membersHash == parent.header.nextMembersHash,
            header.membersHash == judges.hash, header.nextMembersHash == next.hash
        else { return (.block, "its members are not those that the block before named") }
        var sequences = parent.sequences
        for entry in entries {
            let last = sequences[entry.author] ?? 0
            guard entry.sequence == last + 1 else {
                return (.block, "sequence \(entry.sequence) of \(entry.author) follows \(last)")
            }
            sequences[entry.author] = entry.sequence
        }
        var (clocks, silenced) = (parent.clocks, parent.silenced)
        let members = Set(judges.members.map(\.id))
        for member in judges.members { owners[member.nodeKey] = member.id }
        for entry in entries
        where judges.nodeKey(of: entry.author) == entry.key && !entry.isVoid
            && silenced[entry.author] == nil
        {
            clocks[entry.author] = entry.clockMs
            for author in entry.contradictors.compactMap({ owners[$0] })
            where silenced[author] == nil {
                silenced[author] = header.height.rawValue
            }
        }
        let sorted = members.map { clocks[$0] ?? 0 }.sorted()
        let median = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        let time = max(parent.header.time.milliseconds, median)
        guard header.time.milliseconds == time else {
            return (
                .time,
                "its time is \(header.time.milliseconds), by its members' clocks \(sorted) it is \(time)"
            )
        }
        for member in next.members where !members.contains(member.id) {
            clocks[member.id] = time
            silenced[member.id] = nil
        }
        var block = Block(
            header: header, hash: hash, judges: judges, next: next, clocks: clocks,
            sequences: sequences)
        block.silenced = silenced
        block.lastChange = parent.changesMembers ? parent.hash : parent.lastChange
        blocks[hash] = block
        return execute(ids, in: block)
    }

    /// Whether block time lies within what sound clocks allow, whatever the other members state:
    /// half of the members put it no further back than the earliest clock of that half, more
    /// than half no further ahead than the latest.
    ///
    /// - Parameters:
    ///   - before: the time of the block before.
    ///   - clocks: the last ones, in milliseconds, of members who state the time as they know it.
    ///   - count: how many members there are.
    /// - Returns: what is wrong with it, if anything is.
    static func whyUnbound(
        _ time: Timestamp, after before: Timestamp, by clocks: [UInt64], of count: Int
    ) -> String? {
        guard time >= before else { return "its time goes back, from \(before) to \(time)" }
        let (sorted, half) = (clocks.sorted(), (count + 1) / 2)
        if sorted.count >= half, time.milliseconds < sorted[sorted.count - half] {
            return "its time is \(time.milliseconds), behind the sound clocks \(sorted)"
        }
        if sorted.count > count / 2, time > before, time.milliseconds > sorted[count / 2] {
            return "its time is \(time.milliseconds), ahead of the sound clocks \(sorted)"
        }
        return nil
    }

    private mutating func execute(
        _ ids: [Hash256], in block: Block
    ) -> (kind: Finding.Kind, text: String)? {
        for id in ids {
            for earlier in executed[id] ?? [] {
                guard let height = blocks[earlier]?.header.height.rawValue,
                    ancestor(of: block.header.parent, at: height) == earlier
                        || earlier == block.hash
                else { continue }
                return (.once, "it executes transaction \(id), as block \(height) did before it")
            }
            executed[id, default: []].append(block.hash)
        }
        return nil
    }

    /// The height at which a transaction is executed on the branch that ends in a block.
    func height(of transaction: Hash256, on tip: Hash256) -> UInt64? {
        for hash in executed[transaction] ?? [] {
            guard let height = blocks[hash]?.header.height.rawValue else { continue }
            if ancestor(of: tip, at: height) == hash { return height }
        }
        return nil
    }

    // MARK: Signatures

    /// Counts what a member signed, as soon as it is signed.
    ///
    /// - Parameters:
    ///   - key: with which it does.
    ///   - isBound: whether the member has to keep to one branch an epoch with each key.
    /// - Returns: what a member that is bound must not have done.
    mutating func sign(
        _ member: MemberID, with key: PublicKey, epoch: UInt64, height: UInt64, _ hash: Hash256,
        isBound: Bool
    ) -> String? {
        if let block = blocks[hash], block.header.height.rawValue == height,
            block.header.epoch == epoch
        {
            blocks[hash]?.signers.insert(key)
        }
        guard isBound else { return nil }
        guard epoch >= self.epoch else {
            return "\(member) signs block \(height) in epoch \(epoch), which is closed"
        }
        var branch = signed[key]?[epoch] ?? Branch()
        defer { signed[key, default: [:]][epoch] = branch }
        if let before = branch.byHeight[height] {
            return before == hash
                ? nil : "\(member) signs \(hash) at height \(height), after \(before)"
        }
        branch.byHeight[height] = hash
        let top = branch.byHeight[branch.highest]
        defer { branch.highest = max(branch.highest, height) }
        guard let top else { return nil }
        let (low, high) = height > branch.highest ? (top, hash) : (hash, top)
        guard let lowHeight = blocks[low]?.header.height.rawValue else { return nil }
        guard ancestor(of: high, at: lowHeight) == low else {
            return "\(member) signs block \(height), \(hash), which is on another branch than "
                + "\(top) at height \(branch.highest)"
        }
        return pastOpenChange(of: hash, by: member)
    }

    /// Nobody signs past a block that changes the members before that one has its quorum.
    private func pastOpenChange(of hash: Hash256, by member: MemberID) -> String? {
        guard let block = blocks[hash], let change = block.lastChange.flatMap({ blocks[$0] }),
            !isSettled(change)
        else { return nil }
        return "\(member) signs block \(block.header.height) while \(change.header.height), "
            + "which changes the members, has \(change.signers.count) signatures"
    }

    // MARK: Finality

    /// An honest node calls a block final.
    ///
    /// - Returns: why that is wrong, if it is.
    mutating func claim(_ hash: Hash256, by member: MemberID) -> String? {
        guard let block = blocks[hash] else {
            return "\(member) calls \(hash) final, which nobody closed"
        }
        let height = block.header.height.rawValue
        guard final[height] != hash else { return nil }
        if let why = whyNotFinal(block) {
            return "\(member) calls block \(height) final, but \(why)"
        }
        return settle(block).map { "\(member) calls \($0)" }
    }

    /// An epoch begins on a block, by a record with the quorums that it needs: final by that.
    ///
    /// - Returns: why that is wrong, if it is.
    mutating func begin(_ epoch: UInt64, on base: Hash256) -> String? {
        guard let block = blocks[base] else {
            return "epoch \(epoch) begins on \(base), which nobody closed"
        }
        guard epoch > self.epoch else {
            return "epoch \(epoch) begins after epoch \(self.epoch)"
        }
        guard block.header.height.rawValue >= highestFinal else {
            return "epoch \(epoch) begins on block \(block.header.height), below \(highestFinal)"
        }
        self.epoch = epoch
        bases[base] = epoch
        return settle(block).map { "the record of epoch \(epoch) makes \($0)" }
    }

    /// A block is final, and so is every one before it.
    ///
    /// - Returns: what contradicts that.
    private mutating func settle(_ block: Block) -> String? {
        var place = block
        while final[place.header.height.rawValue] != place.hash {
            let number = place.header.height.rawValue
            if let other = final[number] {
                return "\(place.hash) final at height \(number), where \(other) is"
            }
            final[number] = place.hash
            guard let parent = blocks[place.header.parent] else { break }
            place = parent
        }
        highestFinal = max(highestFinal, block.header.height.rawValue)
        return nil
    }

    /// Whether a block that changes the members is final, by its own quorum or by the record
    /// of an epoch that began on it or behind it.
    private func isSettled(_ change: Block) -> Bool {
        change.hasQuorum || final[change.header.height.rawValue] == change.hash
    }

    private func whyNotFinal(_ block: Block) -> String? {
        guard block.hasQuorum else {
            return "\(block.signers.count) of \(block.judges.members.count) signed it"
        }
        var change = block.lastChange
        while let found = change.flatMap({ blocks[$0] }) {
            guard isSettled(found) else {
                return "block \(found.header.height), which named who judges it, has only "
                    + "\(found.signers.count) signatures of \(found.judges.members.count)"
            }
            change = found.lastChange
        }
        return nil
    }
}
