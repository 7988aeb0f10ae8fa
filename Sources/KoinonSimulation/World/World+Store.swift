import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// Storing, crashing, opening again.
extension World {
    /// Makes everything executed so far durable; when the armed crash comes, goes on from
    /// what the disk kept.
    func commit(defersRows: Bool = false) throws {
        if waiting.log.isEmpty { return }
        do {
            try store.commit(waiting, defersRows: defersRows)
        } catch {
            guard disk.hasStopped, let crash = armed else {
                throw finding(.store, "a commit failed on a sound disk: \(error)")
            }
            return try recover(from: crash)
        }
        acknowledged = (shadow.header.height, LogPosition(UInt64(log.count)))
        waiting = CommitBatch()
        counts.commits += 1
        // The process may stop while something comes after the commit.
        if disk.hasStopped, let crash = armed { try recover(from: crash) }
    }

    /// Closed in good order and opened again; nothing may have changed.
    func reopen() throws {
        try commit()
        do { try store.close() } catch {
            guard disk.hasStopped else {
                throw finding(.store, "closing failed on a sound disk: \(error)")
            }
        }
        if disk.hasStopped, let crash = armed { return try restart(after: crash) }
        disk.disarm()
        armed = nil
        counts.reopenings += 1
        try openAgain()
    }

    private func recover(from crash: CrashStep) throws {
        // What it says on the way down does not count.
        try? store.close()
        try restart(after: crash)
    }

    private func restart(after crash: CrashStep) throws {
        armed = nil
        counts.crashes += 1
        guard disk.restart(crash) else {
            throw finding(.store, "the store left a file open when it closed")
        }
        try openAgain()
    }

    private func openAgain() throws {
        let extent: StoredExtent
        do {
            store = try subject.open(disk.place)
            extent = try store.extent()
        } catch {
            throw finding(.store, "what the disk kept cannot be opened: \(error)")
        }
        let (height, position) = (extent.tip.height, extent.lastPosition)
        let isAsAcknowledged = height == acknowledged.height && position == acknowledged.position
        // A commit may be durable though nobody was told.
        let isWhole = position.rawValue == UInt64(log.count) && height == shadow.header.height
        try require(
            isAsAcknowledged || isWhole, .store,
            "the store holds block \(height) and log position \(position); acknowledged were "
                + "\(acknowledged.height) and \(acknowledged.position), executed "
                + "\(shadow.header.height) and \(log.count)")
        try require(
            hashes[Int(height.rawValue)] == extent.tip.hash, .store,
            "block \(height) is another one after opening")
        do {
            replica = try store.resume(subject.modules)
        } catch {
            throw finding(.reopening, "the replica cannot go on: \(error)")
        }
        try catchUp(from: position)
        acknowledged = (height, position)
        try compareWithMemory()
    }

    /// Gives the opened replica what the store had not kept, as members would do again.
    private func catchUp(from position: LogPosition) throws {
        waiting = CommitBatch()
        for item in log.dropFirst(Int(position.rawValue)) {
            waiting.log.append(item.logged)
            guard let entry = item.entry else { continue }
            guard case .closed(let block, _) = subject.apply(entry, replica) else { continue }
            let height = Int(block.header.height.rawValue)
            try require(
                hashes.indices.contains(height) && hashes[height] == block.header.hash, .reopening,
                "after opening, block \(height) comes out differently")
            waiting.blocks.append(ClosedBlock(block, closedAt: item.logged.position))
        }
    }

    /// The replica over the store against the one that never left memory, row by row.
    private func compareWithMemory() throws {
        try require(
            replica.header == shadow.header, .reopening,
            "after opening, the last block is \(replica.header.height), not \(shadow.header.height)"
        )
        try require(
            replica.state.count == shadow.state.count, .reopening,
            "after opening, there are \(replica.state.count) rows, not \(shadow.state.count)")
        var different: [UInt8]?
        replica.state.forEach { key, value in
            if different == nil, shadow.state.value(for: key) != value { different = key }
        }
        if let different {
            throw finding(
                .reopening, "after opening, row \(Hex.encode(different)) is another one")
        }
        try require(
            replica.nextTimer == shadow.nextTimer, .reopening,
            "after opening, the next timer is another one")
        for author in reference.authors.keys.compactMap(MemberID.init(rawValue:)) {
            try require(
                replica.lastSequence(of: author) == shadow.lastSequence(of: author)
                    && replica.lastClock(of: author) == shadow.lastClock(of: author), .reopening,
                "after opening, the last sequence or clock of \(author) is another one")
        }
    }
}
