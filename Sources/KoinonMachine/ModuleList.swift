import KoinonProtocol

/// The modules that a replica runs with.
///
/// A value, so that the simulator's own tests can put a faulty module in the place of a
/// sound one. Every ledger runs with ``standard``: another list is another ledger.
public struct ModuleList: Sendable {
    /// ``Modules/all``.
    public static let standard = ModuleList(Modules.all)

    /// What this software knows.
    public static let newestProtocol: UInt64 = 1

    public let all: [any Module.Type]
    /// The newest protocol version whose rules these modules follow; they know all before it.
    public let protocolVersion: UInt64
    /// A block's time from the one before and its members' clocks.
    let blockTime: @Sendable (Timestamp, [Timestamp]) -> Timestamp
    /// By number; looked up for every action.
    private let byNumber: [(any Module.Type)?]

    /// - Parameters:
    ///   - modules: in the order in which they begin with genesis; no number twice.
    ///   - protocolVersion: a replica takes no entry of a block under a later one.
    ///   - blockTime: a block's time from that of the one before and its members' clocks, in
    ///     any order; another than ``BlockClock/time(previous:clocks:)`` makes another ledger.
    public init(
        _ modules: [any Module.Type], protocolVersion: UInt64 = Self.newestProtocol,
        blockTime: @escaping @Sendable (Timestamp, [Timestamp]) -> Timestamp = {
            BlockClock.time(previous: $0, clocks: $1)
        }
    ) {
        all = modules
        self.protocolVersion = protocolVersion
        self.blockTime = blockTime
        let last = modules.map { Int($0.number) }.max() ?? 0
        var byNumber: [(any Module.Type)?] = Array(repeating: nil, count: last + 1)
        for module in modules {
            precondition(
                byNumber[Int(module.number)] == nil, "number \(module.number) stands twice")
            byNumber[Int(module.number)] = module
        }
        self.byNumber = byNumber
    }

    func module(numbered number: UInt32) -> (any Module.Type)? {
        byNumber.indices.contains(Int(number)) ? byNumber[Int(number)] : nil
    }

    /// What contradicts what in the state, over all modules; empty when all is well.
    public func invariantViolations(in state: some StateReader) -> [String] {
        all.flatMap { module in
            module.checkInvariants(in: state).map { "\(module.name): \($0)" }
        }
    }
}
