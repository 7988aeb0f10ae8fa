import KoinonProtocol

/// Who reaches whom at a moment.
struct SimulatedNetwork {
    private var cutUntil: [MemberID: UInt64] = [:]
    private var deafUntil: [MemberID: UInt64] = [:]
    private var slow: [MemberID: (byMs: UInt64, untilMs: UInt64)] = [:]
    private var stalledUntil: UInt64 = 0

    func reachesEngine(_ node: MemberID, at now: UInt64) -> Bool { now >= cutUntil[node] ?? 0 }

    /// Whether what the engine says arrives.
    func hears(_ node: MemberID, at now: UInt64) -> Bool {
        reachesEngine(node, at: now) && now >= deafUntil[node] ?? 0
    }

    func engineRuns(at now: UInt64) -> Bool { now >= stalledUntil }

    func extraMs(_ node: MemberID, at now: UInt64) -> UInt64 {
        guard let slow = slow[node], now < slow.untilMs else { return 0 }
        return slow.byMs
    }

    mutating func cut(_ node: MemberID, until end: UInt64) {
        cutUntil[node] = max(cutUntil[node] ?? 0, end)
    }

    mutating func deafen(_ node: MemberID, until end: UInt64) {
        deafUntil[node] = max(deafUntil[node] ?? 0, end)
    }

    mutating func slow(_ node: MemberID, byMs: UInt64, until end: UInt64) {
        slow[node] = (byMs, end)
    }

    mutating func stall(until end: UInt64) { stalledUntil = max(stalledUntil, end) }

    /// Nothing is cut, slow any more.
    mutating func heal() { self = SimulatedNetwork() }
}
