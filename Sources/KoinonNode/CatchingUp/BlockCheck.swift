import KoinonLedger
import KoinonMachine
import KoinonProtocol

/// A block whose signatures have been looked at, without any knowledge of the state.
package struct CheckedBlock: Sendable {
    var header: BlockHeader
    var hash: Hash256
    /// The entries as sent, each with its checked form.
    var entries: [CheckedEntry]
    /// Those over this header with a true signature, whoever made it.
    var attestations: [Envelope]
    /// How many signatures were checked for it.
    var signatures: Int
    var bytes: Int
}

/// Checks everything about streamed blocks that needs no state, on all cores.
package enum BlockCheck {
    /// What one task takes: about so many bytes, a signature counted as a few hundred.
    private static let weightPerTask = 49_152
    private static let signatureWeight = 320

    /// What is wrong with a block, and which one.
    package struct Fault: Error {
        var height: Height
        var kind: PeerFault.Kind

        var what: String { PeerFault(peer: "", kind: kind).what }
    }

    private enum Work: Sendable {
        case entries(block: Int, Range<Int>)
        case attestations(block: Int)
        case root(block: Int)
    }

    private enum Done: Sendable {
        case entries(block: Int, from: Int, [CheckedEntry])
        case attestations(block: Int, [Envelope])
        case root(block: Int)
        case fault(Fault)
    }

    /// - Returns: the blocks in their order, and the fault that ends them, if one does.
    static func check(
        _ blocks: [StreamedBlock], chain: ChainID
    ) async -> (checked: [CheckedBlock], fault: Fault?) {
        guard !blocks.isEmpty else { return ([], nil) }
        let hashes = blocks.map(\.header.hash)
        var done: [Done] = []
        await withTaskGroup { group in
            for work in shares(of: blocks) {
                group.addTask {
                    work.map { perform($0, blocks, hashes, chain: chain) }
                }
            }
            for await part in group { done += part }
        }
        return assemble(done, blocks, hashes)
    }

    /// One block, on this thread.
    ///
    /// - Throws: ``Fault``
    package static func checked(_ block: StreamedBlock, chain: ChainID) throws -> CheckedBlock {
        let hashes = [block.header.hash]
        let done = shares(of: [block]).joined().map {
            perform($0, [block], hashes, chain: chain)
        }
        let (checked, fault) = assemble(done, [block], hashes)
        if let fault { throw fault }
        return checked[0]
    }

    private static func assemble(
        _ done: [Done], _ blocks: [StreamedBlock], _ hashes: [Hash256]
    ) -> (checked: [CheckedBlock], fault: Fault?) {
        var parts: [[(from: Int, entries: [CheckedEntry])]] = Array(
            repeating: [], count: blocks.count)
        var attestations: [[Envelope]] = Array(repeating: [], count: blocks.count)
        var lowest: Fault?
        for done in done {
            switch done {
            case .entries(let block, let from, let entries): parts[block].append((from, entries))
            case .attestations(let block, let true_): attestations[block] = true_
            case .root: break
            case .fault(let fault):
                if fault.height < lowest?.height ?? Height(.max) { lowest = fault }
            }
        }
        var checked: [CheckedBlock] = []
        for (index, block) in blocks.enumerated() {
            if let lowest, block.header.height >= lowest.height { break }
            let entries = parts[index].sorted { $0.from < $1.from }.flatMap(\.entries)
            checked.append(
                CheckedBlock(
                    header: block.header, hash: hashes[index], entries: entries,
                    attestations: attestations[index],
                    signatures: block.attestations.count
                        + entries.reduce(0) { $0 + 1 + $1.transactions.count },
                    bytes: block.entries.reduce(0) { $0 + $1.body.count }))
        }
        return (checked, lowest)
    }

    /// The work in shares of about the same size: a large block becomes several, many small
    /// ones become one.
    private static func shares(of blocks: [StreamedBlock]) -> [[Work]] {
        var shares: [[Work]] = []
        var share: [Work] = []
        var weight = 0
        func add(_ work: Work, _ more: Int) {
            share.append(work)
            weight += more
            guard weight >= weightPerTask else { return }
            shares.append(share)
            share = []
            weight = 0
        }
        for (index, block) in blocks.enumerated() {
            add(.root(block: index), block.entries.reduce(0) { $0 + $1.body.count } / 64)
            if !block.attestations.isEmpty {
                add(.attestations(block: index), block.attestations.count * signatureWeight)
            }
            var start = 0
            var bytes = 0
            for (place, entry) in block.entries.enumerated() {
                bytes += entry.body.count + signatureWeight
                guard bytes >= weightPerTask || place == block.entries.count - 1 else { continue }
                add(.entries(block: index, start..<place + 1), bytes)
                start = place + 1
                bytes = 0
            }
        }
        if !share.isEmpty { shares.append(share) }
        return shares
    }

    private static func perform(
        _ work: Work, _ blocks: [StreamedBlock], _ hashes: [Hash256], chain: ChainID
    ) -> Done {
        switch work {
        case .root(let index):
            let block = blocks[index]
            guard MerkleTree.root(ofLeaves: block.entries.map(\.packed)) == block.header.entriesRoot
            else {
                return .fault(
                    Fault(
                        height: block.header.height,
                        kind: .forged("its entries are not those that its header commits to")))
            }
            return .root(block: index)
        case .attestations(let index):
            return attestations(of: blocks[index], index, hashes[index], chain: chain)
        case .entries(let index, let range):
            let header = blocks[index].header
            var entries: [CheckedEntry] = []
            entries.reserveCapacity(range.count)
            for envelope in blocks[index].entries[range] {
                do throws(EntryFault) {
                    entries.append(
                        try CheckedEntry(envelope, chain: chain, epoch: header.epoch))
                } catch {
                    return .fault(
                        Fault(
                            height: header.height,
                            kind: .forged("it holds an entry that cannot be taken: \(error)")))
                }
            }
            return .entries(block: index, from: range.lowerBound, entries)
        }
    }

    private static func attestations(
        of block: StreamedBlock, _ index: Int, _ hash: Hash256, chain: ChainID
    ) -> Done {
        var found: [Envelope] = []
        for envelope in block.attestations {
            guard let attestation = Attestation(envelope, chain: chain),
                attestation.height == block.header.height, envelope.isAuthentic(as: .attestation)
            else {
                return .fault(
                    Fault(
                        height: block.header.height,
                        kind: .forged("one of its attestations is none")))
            }
            // Those of another epoch may be true too; they do not count for this header.
            if attestation.epoch == block.header.epoch, attestation.blockHash == hash {
                found.append(envelope)
            }
        }
        return .attestations(block: index, found)
    }
}
