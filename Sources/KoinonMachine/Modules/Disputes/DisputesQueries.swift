import KoinonProtocol

extension Disputes {
    /// The agreement's last dispute and its number; it may be closed. Nil: there was none.
    public static func dispute(
        of agreement: AgreementID, in state: some StateReader
    ) -> (number: UInt32, dispute: Dispute)? {
        disputes.rows(under: agreement, in: state).last.map { ($0.key.b, $0.value) }
    }

    /// The dispute that freezes the agreement now, if one does.
    public static func openDispute(
        of agreement: AgreementID, in state: some StateReader
    ) -> (number: UInt32, dispute: Dispute)? {
        dispute(of: agreement, in: state).flatMap { $0.dispute.isOpen ? $0 : nil }
    }

    /// What an open dispute waits for.
    public struct NextStep: Equatable, Sendable {
        /// Actions that somebody may send, by name.
        public var actions: [String]
        /// Who may do the first of them: accounts.
        public var actors: [AccountID]
        /// When the step ends by itself.
        public var until: Timestamp
    }

    /// What can happen next, by whom and until when; nil when no dispute is open.
    public static func nextStep(
        of agreement: AgreementID, in state: some StateReader
    ) -> NextStep? {
        guard let (_, dispute) = openDispute(of: agreement, in: state),
            let row = Agreements.agreement(agreement, in: state)
        else { return nil }
        let until = Timestamp(milliseconds: dispute.dueMs)
        let settling = dispute.hasDecision ? [] : ["withdraw_dispute", "concede_dispute"]
        switch dispute.status {
        case .evidence:
            return NextStep(
                actions: ["submit_evidence"] + settling, actors: sides(of: row, in: state),
                until: until)
        case .deciding:
            return NextStep(
                actions: ["decide_dispute"] + settling,
                actors: dispute.seats.filter { !$0.hasDivision }
                    .compactMap { judge(on: $0, of: row, in: state) }, until: until)
        case .decided:
            return NextStep(
                actions: ["appeal_decision"], actors: sides(of: row, in: state), until: until)
        default: return NextStep(actions: settling, actors: [], until: until)
        }
    }

    /// The accounts between which the agreement's process allows disputes.
    static func sides(of agreement: Agreement, in state: some StateReader) -> [AccountID] {
        guard let process = Agreements.runnableProcess(agreement.process, in: state) else {
            return []
        }
        return (process.dispute?.by ?? []).compactMap { AccountID(agreement.parties[$0]) }
    }

    /// The account that decides for a seat; nil when its member has left the alliance.
    static func judge(
        on seat: Seat, of agreement: Agreement, in state: some StateReader
    ) -> AccountID? {
        guard !seat.member.isEmpty else { return AccountID(agreement.arbiter) }
        return MemberID(rawValue: seat.member).flatMap { Alliance.account(of: $0, in: state) }
    }
}
