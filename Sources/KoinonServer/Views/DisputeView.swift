import KoinonMachine
import KoinonProtocol

/// What the sides of an agreement do not agree about, and how it will end.
public struct DisputeView: Codable, Sendable, Equatable {
    /// Who gets what of the money held: numerators of one denominator.
    public struct Division: Codable, Sendable, Equatable {
        public struct Share: Codable, Sendable, Equatable {
            public var role: String
            public var numerator: UInt64
        }
        public var shares: [Share]
        public var denominator: UInt64
        /// The thing becomes the role's that the process names for it.
        public var handOver: Bool

        init(_ division: KoinonProtocol.Division) {
            shares = division.shares.map { Share(role: $0.role, numerator: $0.numerator) }
            denominator = division.denominator
            handOver = division.handOver
        }
    }
    public struct Evidence: Codable, Sendable, Equatable {
        public var account: String
        public var evidenceHash: String?
        public var submittedAt: TimeView
    }
    /// Someone who decides.
    public struct Seat: Codable, Sendable, Equatable {
        /// Absent: the arbiter that the agreement names.
        public var member: String?
        public var division: Division?
        public var decidedAt: TimeView?
    }
    /// What it waits for.
    public struct Next: Codable, Sendable, Equatable {
        /// Actions by name.
        public var actions: [String]
        /// Who may do the first of them.
        public var accounts: [String]
        public var until: TimeView
    }

    public var agreement: String
    /// The agreement's disputes are counted from 0; this is the last.
    public var number: UInt32
    public var opener: String
    public var openedAt: TimeView
    public var claim: Division
    /// "evidence", "lot", "deciding", "decided", "resolved", "undecided", "withdrawn" or
    /// "conceded".
    public var status: String
    public var open: Bool
    /// When the present step ends by itself.
    public var due: TimeView?
    public var held: MoneyView
    public var evidence: [Evidence]
    public var seats: [Seat]
    /// Of the first round, once there was an appeal.
    public var firstSeats: [Seat]
    public var decision: Division?
    public var appellant: String?
    public var closedAt: TimeView?
    public var next: Next?
    public var stateKey: String

    /// The last dispute of an agreement; nil when there was none.
    public static func make(_ id: AgreementID, in reader: ViewReader) -> DisputeView? {
        guard let (number, row) = Disputes.dispute(of: id, in: reader.state) else { return nil }
        let unit = Agreements.agreement(id, in: reader.state)?.unit ?? ""
        return DisputeView(
            agreement: id.text, number: number, opener: reader.account(row.opener) ?? "",
            openedAt: TimeView(ms: row.openedAtMs), claim: Division(row.claim),
            status: row.status.word, open: row.isOpen, due: TimeView(unlessZero: row.dueMs),
            held: reader.money(row.heldMinor, unit),
            evidence: row.evidence.map {
                Evidence(
                    account: reader.account($0.account) ?? "",
                    evidenceHash: reader.hash($0.evidenceHash),
                    submittedAt: TimeView(ms: $0.submittedAtMs))
            }, seats: row.seats.map(seat), firstSeats: row.firstSeats.map(seat),
            decision: row.hasDecision ? Division(row.decision) : nil,
            appellant: reader.account(row.appellant),
            closedAt: TimeView(unlessZero: row.closedAtMs),
            next: Disputes.nextStep(of: id, in: reader.state).map { step in
                Next(
                    actions: step.actions, accounts: step.actors.map(\.text),
                    until: TimeView(step.until))
            }, stateKey: stateKeyText(Disputes.disputes.stateKey(Key2(id, number))))
    }

    private static func seat(_ row: KoinonProtocol.Seat) -> Seat {
        Seat(
            member: row.member.isEmpty ? nil : row.member,
            division: row.hasDivision ? Division(row.division) : nil,
            decidedAt: TimeView(unlessZero: row.decidedAtMs))
    }
}

extension DisputeStatus {
    var word: String {
        switch self {
        case .evidence: "evidence"
        case .lot: "lot"
        case .deciding: "deciding"
        case .decided: "decided"
        case .resolved: "resolved"
        case .undecided: "undecided"
        case .withdrawn: "withdrawn"
        case .conceded: "conceded"
        case .UNRECOGNIZED(let number): String(number)
        }
    }
}

/// The reviews of one agreement, sealed and opened.
public struct AgreementReviewsView: Codable, Sendable, Equatable {
    public struct Side: Codable, Sendable, Equatable {
        public var sealed: Bool
        public var opened: Bool
        /// Once it is opened.
        public var score: Int32?
        public var textHash: String?
    }

    /// "sealing", "opening" or "closed".
    public var phase: String
    /// When the phase ends by itself.
    public var due: TimeView?
    public var byOpener: Side
    public var byProvider: Side

    /// Nil before the agreement is settled.
    public static func make(_ id: AgreementID, in reader: ViewReader) -> AgreementReviewsView? {
        guard let row = Reputation.reviews(of: id, in: reader.state) else {
            return unsealed(id, in: reader)
        }
        let phase =
            switch row.phase {
            case .opening: "opening"
            case .closed: "closed"
            default: "sealing"
            }
        return AgreementReviewsView(
            phase: phase, due: phase == "closed" ? nil : TimeView(unlessZero: row.dueMs),
            byOpener: side(row.byOpener), byProvider: side(row.byProvider))
    }

    /// A settled agreement about which nobody has sealed anything.
    private static func unsealed(
        _ id: AgreementID, in reader: ViewReader
    ) -> AgreementReviewsView? {
        guard let row = Agreements.agreement(id, in: reader.state), row.settledAtMs > 0 else {
            return nil
        }
        let window = Alliance.parameters(in: reader.state).reviewSealWindowMs
        let due = row.settledAtMs + window
        let none = Side(sealed: false, opened: false)
        let isOver = due <= reader.time.milliseconds
        return AgreementReviewsView(
            phase: isOver ? "closed" : "sealing", due: isOver ? nil : TimeView(ms: due),
            byOpener: none, byProvider: none)
    }

    private static func side(_ slot: ReviewSlot) -> Side {
        Side(
            sealed: !slot.reviewHash.isEmpty, opened: slot.opened,
            score: slot.opened ? slot.score : nil,
            textHash: slot.opened && !slot.textHash.isEmpty ? Hex.encode(slot.textHash) : nil)
    }
}
