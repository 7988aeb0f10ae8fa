import KoinonEtcd
import KoinonNode
import KoinonLedger

/// A node's reading of the order that it is told, by the rule by which nodes read etcd: of each
/// author what comes behind the last sequence that counts, by place, and nothing when entries
/// may be gone.
struct OrderReader {
    private var progress: ReadingProgress
    /// Listed and in order, not given so far.
    private var listed: ArraySlice<ListedEntry> = []
    /// How many places were taken when it listed last.
    private var seen = 0

    init(after cursor: OrderCursor) { progress = ReadingProgress(cursor) }

    func isBehind(_ order: SimulatedEngine.Order) -> Bool {
        !listed.isEmpty || order.places.count > seen
    }

    /// What was listed is of another order than the next one.
    mutating func listAgain() { (listed, seen) = ([], 0) }

    /// What comes next, with its place counted from 1.
    ///
    /// - Throws: `OrderFault.trimmed(through:)`
    mutating func next(
        _ limit: Int, of order: SimulatedEngine.Order
    ) throws(OrderFault) -> [(position: Int, envelope: Envelope)] {
        if listed.isEmpty { try list(order) }
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

    private mutating func list(_ order: SimulatedEngine.Order) throws(OrderFault) {
        seen = order.places.count
        for lane in order.lanes.keys { progress.add(lane) }
        let listing = order.listing(beyond: progress.lanes)
        progress.begin(with: listing)
        let gaps = progress.gaps(in: listing)
        if progress.isBehind(listing) {
            throw .trimmed(through: OrderPosition(rawValue: listing.trimmed))
        }
        progress.accept(gaps)
        listed = progress.next(in: listing)[...]
    }
}

extension SimulatedEngine.Order {
    /// As etcd lists it.
    fileprivate func listing(beyond known: [String: UInt64]) -> Listing {
        let entries = lanes.flatMap { lane, indices in
            let last = known[lane] ?? 0
            return indices.reversed().prefix { places[$0].sequence > last }.map { index in
                let place = UInt64(index + 1)
                return ListedEntry(
                    key: Array(lane.utf8), author: lane, sequence: places[index].sequence,
                    created: place, modified: place)
            }
        }
        return Listing(
            revision: UInt64(places.count), trimmed: UInt64(trimmed), entries: entries)
    }
}
