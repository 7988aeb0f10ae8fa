import Foundation
import KoinonMachine
import KoinonProtocol

/// What the events of some blocks mean for the index, gathered before anything is written.
struct IndexBatch {
    struct Entry {
        var list: IndexSchema.List
        var key: Data
        var position: Int64
        var id: Data
    }
    enum ListChange {
        case add(Entry)
        /// Every entry of the id in the list.
        case remove(IndexSchema.List, id: Data)
    }
    struct Movement {
        var account: Data
        var position: Int64
        var height: UInt64
        var leaf: Int
        var momentMs: UInt64
        var kind: String
        var unit: String
        var minor: UInt64
        var other: Data?
        var agreement: Data?
    }
    struct Hour {
        var opened = 0
        var settled = 0
        var transactions = 0
        var money: [String: UInt64] = [:]
    }

    /// The last block that was gathered.
    var height: UInt64
    /// Its time.
    var timeMs: UInt64
    var lists: [ListChange] = []
    var movements: [Movement] = []
    /// Offers to be read anew, with the position at which they were published; nil: known.
    var offers: [Data: Int64?] = [:]
    /// Requests that were published, with their positions; nil: closed.
    var requests: [Data: Int64?] = [:]
    /// Resources whose offers are to be read anew.
    var resources: Set<Data> = []
    /// Accounts whose standing may have changed.
    var standings: Set<Data> = []
    /// Resources to be found by their titles: id to position, nil: known.
    var titles: [Data: Int64?] = [:]
    /// Parties of these agreements are entered once they are known.
    var opened: [(agreement: Data, position: Int64)] = []
    var keys: [(key: Data, account: Data)] = []
    /// Hashes of headers, to find blocks by.
    var blocks: [(hash: Hash256, height: UInt64)] = []
    var hours: [UInt64: Hour] = [:]
    /// How much was gathered, as a bound for one batch.
    var weight = 0

    init(after height: UInt64) {
        self.height = height
        timeMs = 0
    }

    /// Takes one block; they come in order.
    mutating func add(height: UInt64, timeMs: UInt64, result: BlockResult) {
        self.height = height
        self.timeMs = timeMs
        var position = IndexPosition.first(ofBlock: height)
        var hour = hours[timeMs / 3_600_000] ?? Hour()
        hour.transactions += result.receipts.count - min(result.timers.count, result.receipts.count)
        hours[timeMs / 3_600_000] = hour
        for (leaf, receipt) in result.receipts.enumerated() {
            let moment = leaf < result.timers.count ? result.timers[leaf].dueMs : timeMs
            let place = Place(height: height, leaf: leaf, momentMs: moment, blockMs: timeMs)
            for event in receipt.events {
                position += 1
                weight += 1
                add(event, position, place)
            }
        }
        weight += 1
    }

    struct Place {
        var height: UInt64
        var leaf: Int
        var momentMs: UInt64
        var blockMs: UInt64
    }

    private mutating func add(_ event: Event, _ position: Int64, _ place: Place) {
        switch event.module {
        case .money(let it): add(it, position, place)
        case .market(let it): add(it, position)
        case .resources(let it): add(it, position)
        case .agreements(let it): add(it, position, place)
        case .accounts(let it): add(it, position)
        case .reputation(let it): add(it, position)
        case .disputes(let it):
            if case .disputeOpened(let opened) = it.event {
                enter(.disputes, Data(), position, opened.agreement)
            }
        case .alliance(let it):
            if case .proposalMade(let made) = it.event {
                enter(.proposals, Data(), position, made.proposal)
            }
        case nil: break
        }
    }

    mutating func enter(
        _ list: IndexSchema.List, _ key: Data, _ position: Int64, _ id: Data
    ) {
        lists.append(.add(Entry(list: list, key: key, position: position, id: id)))
    }

    mutating func leave(_ list: IndexSchema.List, _ id: Data) {
        lists.append(.remove(list, id: id))
    }
}
