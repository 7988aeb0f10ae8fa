import KoinonMachine
import KoinonProtocol

/// What somebody looks for.
public struct RequestView: Codable, Sendable, Equatable {
    public var id: String
    public var title: String
    public var customer: String
    /// Absent: any.
    public var kind: String?
    public var textHash: String?
    public var place: PlaceView?
    /// How far from the place at most; absent: any distance.
    public var radiusM: UInt32?
    public var start: TimeView?
    public var durationMs: UInt64?
    public var quantity: UInt32
    public var unit: String
    /// What it may cost in all.
    public var budget: MoneyView?
    public var publishedAt: TimeView
    public var expiresAt: TimeView
    /// "open", "withdrawn", "expired" or "taken".
    public var state: String
    /// Open answers.
    public var answers: [AnswerView]
    /// What came of it.
    public var agreement: String?
    public var stateKey: String

    /// Nil when there is no such request.
    public static func make(_ id: RequestID, in reader: ViewReader) -> RequestView? {
        guard let row = Market.request(id, in: reader.state) else { return nil }
        let wish = row.wish
        let state =
            switch row.state {
            case .withdrawn: "withdrawn"
            case .expired: "expired"
            case .taken: "taken"
            default: "open"
            }
        return RequestView(
            id: id.text, title: wish.title, customer: reader.account(row.customer) ?? "",
            kind: wish.kind.isEmpty ? nil : wish.kind, textHash: reader.hash(wish.textHash),
            place: wish.hasPlace ? PlaceView(wish.place) : nil,
            radiusM: wish.radiusM == 0 ? nil : wish.radiusM,
            start: TimeView(unlessZero: wish.startMs),
            durationMs: wish.durationMs == 0 ? nil : wish.durationMs,
            quantity: max(wish.quantity, 1), unit: wish.unit,
            budget: wish.budgetMinor == 0 ? nil : reader.money(wish.budgetMinor, wish.unit),
            publishedAt: TimeView(ms: row.publishedAtMs), expiresAt: TimeView(ms: wish.expiresAtMs),
            state: state,
            answers: Market.answers(to: id, in: reader.state).map { answer in
                AnswerView(answer.id, answer.answer, in: reader)
            },
            agreement: reader.text(row.agreement, AgreementKind.self),
            stateKey: stateKeyText(Market.requests.stateKey(id)))
    }
}

/// An open answer to a request: terms on which somebody would lend.
public struct AnswerView: Codable, Sendable, Equatable {
    /// The id that its offer will have if it is taken.
    public var id: String
    public var request: String
    public var provider: String
    public var answeredAt: TimeView
    public var start: TimeView?
    public var durationMs: UInt64
    /// The terms are the customer's, so that it is the provider's turn.
    public var byCustomer: Bool
    public var rounds: UInt32
    /// The terms that stand, as an offer.
    public var terms: OfferView
    public var stateKey: String

    init(_ id: OfferID, _ row: KoinonProtocol.Answer, in reader: ViewReader) {
        self.id = id.text
        request = reader.text(row.request, RequestKind.self) ?? ""
        provider = reader.account(row.provider) ?? ""
        answeredAt = TimeView(ms: row.answeredAtMs)
        start = TimeView(unlessZero: row.startMs)
        durationMs = row.durationMs
        byCustomer = row.byCustomer
        rounds = row.rounds
        let offer = Offer.with {
            $0.terms = row.terms
            $0.provider = row.provider
            $0.publishedAtMs = row.answeredAtMs
        }
        terms = OfferView.make(id, offer, in: reader)
        stateKey = stateKeyText(Market.answers.stateKey(id))
    }

    /// Nil when it was taken or withdrawn, or its request is closed.
    public static func make(_ id: OfferID, in reader: ViewReader) -> AnswerView? {
        Market.answer(id, in: reader.state).map { AnswerView(id, $0, in: reader) }
    }
}
