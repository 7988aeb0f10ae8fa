import KoinonEtcd
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

    /// One order of all, as etcd keeps it: places that nobody takes twice, each under an
    /// author's key.
    struct Order {
        struct Place {
            var lane: String
            var sequence: UInt64
            /// Nil once it is forgotten.
            var envelope: Envelope?
        }

        private(set) var places: [Place] = []
        fileprivate var slots: [Slot: Int] = [:]
        /// How many entries stand in a lane that is no author's.
        fileprivate var inserted: [String: UInt64] = [:]
        /// The places of each lane's entries, by sequence.
        private(set) var lanes: [String: [Int]] = [:]
        /// Which blocks' entries may be gone, as the members say.
        fileprivate(set) var marks = TrimMarks()
        fileprivate(set) var hasForgotten = false
        /// Places that are there and not told to the node that asks.
        fileprivate(set) var hidden: Set<Int> = []

        fileprivate mutating func add(_ envelope: Envelope, in lane: String, at sequence: UInt64) {
            let index = places.count
            places.append(Place(lane: lane, sequence: sequence, envelope: envelope))
            let before = lanes[lane]?.lastIndex { places[$0].sequence < sequence }
            lanes[lane, default: []].insert(index, at: before.map { $0 + 1 } ?? 0)
        }

        /// - Parameter isGone: by place, counted from 1, and sequence.
        fileprivate mutating func forget(_ lane: String, where isGone: (Int, UInt64) -> Bool) {
            let gone = lanes[lane]?.filter { isGone($0 + 1, places[$0].sequence) } ?? []
            guard !gone.isEmpty else { return }
            for index in gone { places[index].envelope = nil }
            lanes[lane]?.removeAll(where: gone.contains)
        }
    }

    private(set) var orders = [Order()]
    private var orderOf: [MemberID: Int] = [:]
    private var losesNext: Set<MemberID> = []
    private(set) var hasLied = false
    /// What is kept from a node: in each lane the place that was given next.
    private var hidden: [MemberID: [String: Int]] = [:]
    /// From whom something was kept that they have not been told since.
    private var misled: Set<MemberID> = []

    func order(for node: MemberID) -> Order {
        var order = orders[orderOf[node] ?? 0]
        order.hidden = Set((hidden[node] ?? [:]).values)
        return order
    }

    /// Every entry that a node could read.
    func entries(for node: MemberID) -> [Envelope] {
        order(for: node).places.compactMap(\.envelope)
    }

    /// Gives an entry its place, in the order of the node that brings it and in others that
    /// `chooses` names.
    mutating func append(
        _ envelope: Envelope, in slot: Slot, by node: MemberID,
        also chooses: (Int) -> Bool = { _ in false }
    ) -> Answer {
        if losesNext.remove(slot.author) != nil { return .placed }
        let own = orderOf[node] ?? 0
        var answer = Answer.placed
        for index in orders.indices where index == own || chooses(index) {
            if let place = orders[index].slots[slot] {
                let known = orders[index].places[place].envelope
                if index == own, known != envelope { answer = .taken }
                continue
            }
            orders[index].slots[slot] = orders[index].places.count
            orders[index].add(envelope, in: slot.author.rawValue, at: slot.sequence)
            hideLast(of: slot.author.rawValue, in: index)
        }
        return answer
    }

    /// Puts bytes into the order under no author's own slot, as an engine may that does not
    /// look at who writes where.
    mutating func insert(_ envelope: Envelope, by node: MemberID) {
        let lane = node.rawValue + "+"
        for index in orders.indices where orders.count == 1 || index == orderOf[node] ?? 0 {
            orders[index].inserted[lane, default: 0] += 1
            orders[index].add(
                envelope, in: lane, at: orders[index].inserted[lane] ?? 0)
            hideLast(of: lane, in: index)
        }
    }

    /// Raises a member's mark, in the order that its node reads; never lowers it.
    ///
    /// - Returns: all marks there.
    mutating func mark(_ height: Height, by node: MemberID) -> TrimMarks {
        let own = orderOf[node] ?? 0
        orders[own].marks.heights[node] = max(orders[own].marks.heights[node] ?? height, height)
        return orders[own].marks
    }

    /// Forgets an author's own entries that stand before a place.
    mutating func forget(of author: MemberID, before place: Int) {
        let own = orderOf[author] ?? 0
        for lane in [author.rawValue, author.rawValue + "+"] {
            orders[own].forget(lane) { at, _ in at < place }
        }
        orders[own].hasForgotten = true
    }

    /// An author takes away what it wrote up to a place behind a sequence, to write there anew.
    mutating func withdraw(of author: MemberID, behind sequence: UInt64, through place: Int) {
        let own = orderOf[author] ?? 0
        orders[own].forget(author.rawValue) { $0 <= place && $1 > sequence }
        orders[own].slots = orders[own].slots.filter { slot, index in
            slot.author != author || slot.sequence <= sequence || index >= place
        }
    }

    /// A node is told another order from now on.
    mutating func tell(_ node: MemberID, order: Int) {
        if orders.indices.contains(order) { orderOf[node] = order }
    }

    /// The author's next entry will be answered for, and be nowhere.
    mutating func loseNext(of author: MemberID) { losesNext.insert(author) }

    /// The next entry of every author is kept from a node, which is told what follows.
    mutating func hideNext(from node: MemberID) {
        hidden[node] = [:]
        misled.insert(node)
    }

    /// Nothing more is kept from a node; where it has read on it does not come back.
    mutating func hideNothing(from node: MemberID) { hidden[node] = nil }

    /// A node begins to read again from where nothing was kept from it.
    mutating func tellAgain(_ node: MemberID) {
        hidden[node] = nil
        misled.remove(node)
    }

    /// Whether a node may have been told something else than the others.
    func hasMisled(_ node: MemberID) -> Bool { hasLied || misled.contains(node) }

    private mutating func hideLast(of lane: String, in order: Int) {
        let place = orders[order].places.count - 1
        for node in hidden.keys where orderOf[node] ?? 0 == order && hidden[node]?[lane] == nil {
            hidden[node]?[lane] = place
        }
    }

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
