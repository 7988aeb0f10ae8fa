import Foundation
import Hummingbird
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol

/// For people without an account: a member opens one for their key, and may give test money.
struct JoinRoutes {
    private let context: ServerContext
    private let accounts: DailyCount
    private static let bodyBytes = 4_096

    init(context: ServerContext) {
        self.context = context
        let limits = context.joining?.limits ?? Joining.Limits()
        accounts = DailyCount(most: limits.accounts, mostEach: limits.accountsPerAddress)
    }

    func add(to router: Router<KoinonRequestContext>) {
        router.post("/v1/join") { request, requestContext in
            let order = try await Self.read(JoinOrder.self, request)
            return try await join(order.consent, client: requestContext.client)
        }
        router.post("/v1/test-money") { request, _ in
            let order = try await Self.read(MoneyOrder.self, request)
            return try await giveMoney(order.account)
        }
    }

    private struct JoinOrder: Decodable {
        /// A signed `AccountConsent`; everything in hexadecimal.
        struct Consent: Decodable {
            var body: String
            var publicKey: String
            var signature: String
        }
        var consent: Consent
    }

    private struct MoneyOrder: Decodable {
        var account: String
    }

    private static func read<Order: Decodable>(
        _: Order.Type, _ request: Request
    ) async throws -> Order {
        guard try ContentKind(request) == .json else { throw ContentKind.unsupported }
        let bytes = try await request.body.collect(upTo: bodyBytes)
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(Order.self, from: Data(buffer: bytes))
        } catch let error as DecodingError {
            throw Problem(error)
        }
    }

    // MARK: Accounts

    private func join(_ given: JoinOrder.Consent, client: String) async throws -> JSONValue {
        let joining = try joining()
        let consent = try checked(given, joining)
        let account = context.node.genesis.accountID(of: consent.publicKey)
        if isOpen(account) { return answer(account, Verdict.Status.done) }
        guard accounts.take(client, at: context.node.now.milliseconds) else {
            throw Problem(
                status: .tooManyRequests, code: "joinLimit",
                title: "Enough accounts for today",
                detail: "this node opens only so many accounts a day",
                remedy: "try again tomorrow, or join through another member", retryAfter: 3_600)
        }
        let verdict = try await joining.desk.send(.openAccount(consent: consent))
        // Two requests for one key: the other one came first.
        guard verdict.status == .done || isOpen(account) else { throw Problem(verdict) }
        return answer(account, .done)
    }

    /// Checked before it is sent: what the ledger would reject costs the member a nonce.
    private func checked(_ given: JoinOrder.Consent, _ joining: Joining) throws -> Envelope {
        guard let body = Hex.decode(given.body),
            let key = Hex.decode(given.publicKey).flatMap({ PublicKey($0) }),
            let signature = Hex.decode(given.signature).flatMap({ Signature($0) })
        else {
            throw Problem.badField(
                "consent", "is no signed consent",
                remedy: "write body, public_key (32 bytes) and signature (64) in hexadecimal")
        }
        let envelope = Envelope(body: body, publicKey: key, signature: signature)
        guard let consent = try? AccountConsent(strict: body) else {
            throw Problem.badField(
                "consent.body", "is no AccountConsent",
                remedy: "encode the message of Protos/koinon/v1/accounts.proto")
        }
        guard ChainID(consent.chain) == context.node.chain else {
            throw Problem.badField(
                "consent.body.chain", "is another chain", remedy: "sign for \(context.node.chain)")
        }
        guard consent.sponsor == joining.member.rawValue else {
            throw Problem.badField(
                "consent.body.sponsor", "is another member",
                remedy: "sign for \(joining.member.rawValue)")
        }
        guard envelope.isAuthentic(as: .accountConsent) else {
            throw Problem.badField(
                "consent.signature", "is not the key's",
                remedy: "sign with the tag koinon/account-consent/v1")
        }
        return envelope
    }

    // MARK: Money

    private func giveMoney(_ text: String) async throws -> JSONValue {
        let joining = try joining()
        guard let money = joining.testMoney else {
            throw Problem(
                status: .forbidden, code: "noTestMoney", title: "No test money here",
                detail: "\(joining.member.rawValue) gives none through this node",
                remedy: "ask the member for money")
        }
        guard let account = AccountID(text: text), isOpen(account) else {
            throw Problem.badField(
                "account", "is no account on this ledger", remedy: "open it first: POST /v1/join")
        }
        let gift = try gift(money, to: account, joining)
        guard balance(account, money.unit) == 0, await joining.desk.claim(account) else {
            throw Problem(
                status: .conflict, code: "hadTestMoney", title: "Once is enough",
                detail: "this account has had money already",
                remedy: "earn some: share something")
        }
        do {
            let verdict = try await joining.desk.send(gift)
            guard verdict.status == .done else { throw Problem(verdict) }
            return answer(account, verdict.status)
        } catch {
            await joining.desk.giveBack(account)
            throw error
        }
    }

    /// New money where the member issues the unit, else its own.
    private func gift(
        _ money: Joining.TestMoney, to account: AccountID, _ joining: Joining
    ) throws -> Action {
        let issuer = context.replica.read { Money.unit(money.unit, in: $0.state)?.issuer }
        guard let issuer else {
            throw Problem(
                status: .serviceUnavailable, code: "noTestMoney", title: "No test money here",
                detail: "the unit \(money.unit) does not exist yet",
                remedy: "try again when the member has issued it", retryAfter: 60)
        }
        let amount = Amount(minor: money.amountMinor)
        return AccountID(issuer) == joining.desk.account
            ? .issue(unit: money.unit, to: account, amount: amount)
            : .transfer(unit: money.unit, to: account, amount: amount)
    }

    private func balance(_ account: AccountID, _ unit: String) -> UInt64 {
        context.replica.read { replica in
            Money.balances(of: account, in: replica.state).first { $0.0 == unit }?.1.minor ?? 0
        }
    }

    // MARK: Answers

    private func joining() throws -> Joining {
        guard let joining = context.joining else {
            throw Problem.joiningClosed("this node opens no accounts by request")
        }
        return joining
    }

    private func isOpen(_ account: AccountID) -> Bool {
        context.replica.read { Accounts.account(account, in: $0.state) != nil }
    }

    private func answer(_ account: AccountID, _ status: Verdict.Status) -> JSONValue {
        .answer(
            at: context.replica.read { $0.header.height }, final: context.node.finalHeight,
            [("account", .string(account.text)), ("status", .string(status.rawValue))])
    }
}

extension Problem {
    static func joiningClosed(_ why: String) -> Problem {
        Problem(
            status: .forbidden, code: "joiningClosed", title: "No accounts are opened here",
            detail: why, remedy: "ask the member, or use the node of one that does")
    }

    /// What the node sent in a member's name did not come about.
    fileprivate init(_ verdict: Verdict) {
        self.init(
            status: .serviceUnavailable, code: verdict.code ?? verdict.status.rawValue,
            title: "It did not come about",
            detail: verdict.meaning ?? "the transaction is \(verdict.status.rawValue)",
            remedy: verdict.remedy ?? "try again in a moment", retryAfter: 5)
    }
}
