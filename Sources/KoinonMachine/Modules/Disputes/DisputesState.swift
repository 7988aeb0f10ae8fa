import KoinonProtocol

extension Disputes {
    /// Every dispute, by agreement and number, from 0; only the last one can be open.
    public static let disputes = Table<Key2<AgreementID, UInt32>, Dispute>(prefix: 0x80)

    /// What each account may submit before the evidence is closed.
    public static let maximumEvidence = 16
    public static let maximumDenominator: UInt64 = 1_000_000_000

    /// The subject is an agreement whose dispute is open; it has exactly one of them.
    enum TimerKind: UInt32 {
        case evidenceEnds = 1
        case lotIsDrawn = 2
        case decisionEnds = 3
        case appealEnds = 4

        /// What ends the step of an open dispute; nil: it is closed.
        init?(status: DisputeStatus) {
            switch status {
            case .evidence: self = .evidenceEnds
            case .lot: self = .lotIsDrawn
            case .deciding: self = .decisionEnds
            case .decided: self = .appealEnds
            default: return nil
            }
        }
    }
}

extension Dispute {
    public var isOpen: Bool { Disputes.TimerKind(status: status) != nil }

    /// 0, or 1 after an appeal.
    var round: UInt32 { appellant.isEmpty ? 0 : 1 }
}

extension Context {
    func emit(_ event: DisputesEvent.OneOf_Event) {
        var wrapped = DisputesEvent()
        wrapped.event = event
        emit(.disputes(wrapped))
    }
}
