import KoinonLedger
import KoinonMachine
import KoinonProtocol

/// An engine as nodes see it: a place for each author's entry under its sequence, taken once,
/// and one order of all. Told to lie, it has several orders and tells each node one of them.
struct SimulatedEngine {
    /// Under which an entry stands, once.
    struct Slot: Hashable {
        var author: MemberID
        var sequence: UInt64
    }

    enum Answer: Equatable {
        /// It has a durable place, from before perhaps.
        case placed
        /// Other bytes of the same author stand there.
        case taken
    }

    struct Order {
        var entries: [Envelope] = []
        var slots: [Slot: Int] = [:]
    }

    private(set) var orders = [Order()]
    private var orderOf: [MemberID: Int] = [:]
    private var losesNext: Set<MemberID> = []
    private(set) var hasLied = false

    func order(for node: MemberID) -> Int { orderOf[node] ?? 0 }

    /// How many entries there are to be read by a node.
    func count(for node: MemberID) -> Int { orders[order(for: node)].entries.count }

    /// From a position on, positions counted from 1.
    func entries(after position: Int, for node: MemberID, limit: Int) -> ArraySlice<Envelope> {
        orders[order(for: node)].entries.dropFirst(position).prefix(limit)
    }

    /// Gives an entry its place, in the order of the node that brings it and in others that
    /// `chooses` names.
    mutating func append(
        _ envelope: Envelope, in slot: Slot, by node: MemberID,
        also chooses: (Int) -> Bool = { _ in false }
    ) -> Answer {
        if losesNext.remove(slot.author) != nil { return .placed }
        let own = order(for: node)
        var answer = Answer.placed
        for index in orders.indices where index == own || chooses(index) {
            if let place = orders[index].slots[slot] {
                if index == own, orders[index].entries[place] != envelope { answer = .taken }
                continue
            }
            orders[index].slots[slot] = orders[index].entries.count
            orders[index].entries.append(envelope)
        }
        return answer
    }

    /// Puts bytes into the order under no author's own slot, as an engine may that does not
    /// look at who writes where.
    mutating func insert(_ envelope: Envelope, by node: MemberID) {
        for index in orders.indices where orders.count == 1 || index == order(for: node) {
            orders[index].entries.append(envelope)
        }
    }

    /// A node is told another order from now on.
    mutating func tell(_ node: MemberID, order: Int) {
        if orders.indices.contains(order) { orderOf[node] = order }
    }

    /// The author's next entry will be answered for, and be nowhere.
    mutating func loseNext(of author: MemberID) { losesNext.insert(author) }

    /// From now on there are several orders, alike so far.
    mutating func split(_ groups: [[MemberID]]) {
        hasLied = true
        guard orders.count == 1 else { return }
        orders = Array(repeating: orders[0], count: max(1, groups.count))
        for (index, group) in groups.enumerated() {
            for node in group { orderOf[node] = index }
        }
    }
}
