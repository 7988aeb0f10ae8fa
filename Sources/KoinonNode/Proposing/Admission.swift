import KoinonLedger
import KoinonMachine
import KoinonProtocol

/// Why a node does not take a transaction; it leaves no trace on the ledger.
public enum Refusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// No one could ever accept it.
    case fault(TransactionFault)
    /// The state would ignore it now.
    case ignored(IgnoredReason)
    case poolFull
    /// The node can propose nothing.
    case hostsNoMember

    /// Stable name for programs.
    public var code: String {
        switch self {
        case .fault(let fault): Self.code(of: fault)
        case .ignored(let reason): reason.rawValue
        case .poolFull: "poolFull"
        case .hostsNoMember: "hostsNoMember"
        }
    }

    private static func code(of fault: TransactionFault) -> String {
        switch fault {
        case .tooLarge: "tooLarge"
        case .malformed: "malformed"
        case .wrongChain: "wrongChain"
        case .senderLength: "senderLength"
        case .nonceZero: "nonceZero"
        case .actionCount: "actionCount"
        case .emptyAction: "emptyAction"
        case .memoTooLong: "memoTooLong"
        case .badSignature: "badSignature"
        }
    }

    public var description: String {
        switch self {
        case .fault(let fault): fault.description
        case .ignored(let reason): "\(reason.rawValue): \(reason.remedy)"
        case .poolFull: "pool: full; send again in a moment"
        case .hostsNoMember:
            "this node hosts no member of the alliance; send to a member's node"
        }
    }
}

/// Checks form and signatures of many transactions, on all cores.
public enum Admission {
    /// How many are checked by one task at a time.
    private static let stride = 64

    /// In the order given; each either checked or the fault that no one could accept.
    public static func check(
        _ envelopes: [Envelope], chain: ChainID
    ) async -> [Result<CheckedTransaction, TransactionFault>] {
        @Sendable func checked(
            _ range: Range<Int>
        ) -> [Result<CheckedTransaction, TransactionFault>] {
            envelopes[range].map { envelope in
                Result { () throws(TransactionFault) in
                    try CheckedTransaction(envelope, chain: chain)
                }
            }
        }
        if envelopes.count <= stride { return checked(0..<envelopes.count) }
        return await withTaskGroup { group in
            for start in Swift.stride(from: 0, to: envelopes.count, by: stride) {
                let range = start..<min(start + stride, envelopes.count)
                group.addTask { (start, checked(range)) }
            }
            var parts: [(Int, [Result<CheckedTransaction, TransactionFault>])] = []
            for await part in group { parts.append(part) }
            return parts.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }
}
