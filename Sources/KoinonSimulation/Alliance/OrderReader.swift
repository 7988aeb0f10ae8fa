import KoinonEtcd
import KoinonLedger
import KoinonNode
import KoinonProtocol

/// A node's reading of the order that it is told, by the rule by which nodes read etcd: what
/// stands behind the last place that counts, by place, and nothing when entries may be gone.
struct OrderReader {
    private var progress: ReadingProgress
    /// Listed and in order, not given so far.
    private var listed: ArraySlice<ListedEntry> = []
    /// How many places were taken when it listed last.
    private var seen = 0

    /// - Parameter position: as ``ReadingProgress/init(after:)`` takes it.
    init(after position: OrderPosition?) { progress = ReadingProgress(after: position) }

    func isBehind(_ order: SimulatedEngine.Order) -> Bool {
        !listed.isEmpty || order.places.count > seen
    }

    /// What was listed is of another order than the next one.
    mutating func listAgain() { (listed, seen) = ([], 0) }

    /// What comes next, with its place counted from 1.
    ///
    /// - Throws: `OrderFault` when blocks of others are needed first.
    mutating func next(
        _ limit: Int, of order: SimulatedEngine.Order, settled: SettledOrder
    ) throws(OrderFault) -> [(position: Int, envelope: Envelope)] {
        if listed.isEmpty { try list(order, settled) }
        var given: [(position: Int, envelope: Envelope)] = []
        while given.count < limit, let entry = listed.popFirst() {
            guard let envelope = order.places[Int(entry.created) - 1].envelope else {
                // Forgotten since it was listed.
                listAgain()
                break
            }
            progress.take(entry)
            given.append((Int(entry.created), envelope))
        }
        return given
    }

    private mutating func list(
        _ order: SimulatedEngine.Order, _ settled: SettledOrder
    ) throws(OrderFault) {
        seen = order.places.count
        for lane in order.lanes.keys { progress.add(lane) }
        progress.take(settled)
        let listing = order.listing(beyond: progress.lanes, seeking: progress.sought)
        if let height = progress.lacks(in: listing) { throw .trimmed(through: height) }
        if !progress.locate(in: listing), let closing = progress.sought {
            throw .placeUnknown(settled.height, closing: closing)
        }
        progress.accept(progress.gaps(in: listing))
        listed = progress.next(in: listing)[...]
    }
}

extension SimulatedEngine.Order {
    /// As etcd lists it.
    fileprivate func listing(
        beyond known: [String: UInt64], seeking slot: EntrySlot?
    ) -> Listing {
        let closing = slot.flatMap { slot in
            lanes[slot.author.rawValue]?.last {
                places[$0].sequence == slot.sequence && !hidden.contains($0)
            }
        }
        let entries = lanes.flatMap { lane, indices in
            let last = known[lane] ?? 0
            return indices.reversed().prefix { places[$0].sequence > last }
                .filter { !hidden.contains($0) }.map(key)
        }
        return Listing(
            revision: UInt64(places.count), marks: marks, closing: closing.map(key),
            entries: entries)
    }

    private func key(_ index: Int) -> ListedEntry {
        let place = UInt64(index + 1)
        let lane = places[index].lane
        return ListedEntry(
            key: Array(lane.utf8), author: lane, sequence: places[index].sequence,
            created: place, modified: place)
    }
}
