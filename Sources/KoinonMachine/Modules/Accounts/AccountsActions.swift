import struct Foundation.Data
import KoinonLedger
import KoinonProtocol

/// Opening accounts, and what other modules ask of the signing key.
extension Accounts {
    /// By a member: an account for someone whose new key signed that it wants one.
    static func openAccount(_ action: OpenAccount, in context: Context) throws(Rejection) {
        guard let sponsor = Alliance.memberID(actingAs: context.sender, in: context.state) else {
            throw Rejection(AccountsRejection.notAMember)
        }
        let key = try consentingKey(action.consent, sponsor: sponsor, in: context)
        let id = AccountID(chain: context.chain, firstKey: key)
        guard account(id, in: context.state) == nil else {
            throw Rejection(AccountsRejection.accountExists, field: "consent.public_key")
        }
        try countSponsored(by: sponsor, opened: true, in: context)
        open(id, key: key, sponsor: sponsor, in: context)
    }

    /// The account through which a member acts; it sponsors itself, outside its quota a day.
    static func openMemberAccount(
        key: PublicKey, member: MemberID, in context: Context
    ) throws(Rejection) -> AccountID {
        let id = AccountID(chain: context.chain, firstKey: key)
        guard account(id, in: context.state) == nil else {
            throw Rejection(AccountsRejection.accountExists, field: "account_key")
        }
        var state = sponsorState(of: member, in: context.state)
        state.accounts += 1
        sponsors.set(member, state, in: context.state)
        open(id, key: key, sponsor: member, in: context)
        return id
    }

    private static func open(
        _ id: AccountID, key: PublicKey, sponsor: MemberID, in context: Context
    ) {
        var first = AccountKey()
        first.publicKey = Data(key.bytes)
        first.addedAtMs = context.now.milliseconds
        var sponsorship = Sponsorship()
        sponsorship.sponsor = sponsor.rawValue
        sponsorship.sinceMs = context.now.milliseconds
        var account = Account()
        account.openedAtMs = context.now.milliseconds
        account.keys = [first]
        account.sponsorships = [sponsorship]
        accounts.set(id, account, in: context.state)
        var opened = AccountOpened()
        opened.account = Data(id.bytes)
        opened.sponsor = sponsor.rawValue
        opened.publicKey = Data(key.bytes)
        context.emit(.accountOpened(opened))
    }

    private static func consentingKey(
        _ signed: Signed, sponsor: MemberID, in context: Context
    ) throws(Rejection) -> PublicKey {
        let envelope: Envelope
        let consent: AccountConsent
        // No detail: what a receipt says must not depend on the wording of a fault.
        do throws(EnvelopeFault) { envelope = try Envelope(signed) } catch {
            throw Rejection(AccountsRejection.badConsent, field: "consent")
        }
        do throws(MessageFault) { consent = try AccountConsent(strict: envelope.body) } catch {
            throw Rejection(AccountsRejection.badConsent, field: "consent.body")
        }
        guard ChainID(consent.chain) == context.chain else {
            throw Rejection(AccountsRejection.consentForOtherChain, field: "consent.body.chain")
        }
        guard consent.sponsor == sponsor.rawValue else {
            throw Rejection(AccountsRejection.consentForOtherSponsor, field: "consent.body.sponsor")
        }
        guard envelope.isAuthentic(as: .accountConsent) else {
            throw Rejection(AccountsRejection.badConsentSignature, field: "consent.signature")
        }
        return envelope.publicKey
    }

    /// Counts one more account for a sponsor, within the alliance's quotas.
    static func countSponsored(
        by sponsor: MemberID, opened: Bool, in context: Context
    ) throws(Rejection) {
        let parameters = Alliance.parameters(in: context.state)
        var state = sponsorState(of: sponsor, in: context.state)
        guard state.accounts < parameters.sponsorAccountsMaximum else {
            throw Rejection(AccountsRejection.sponsorFull, detail: sponsor.rawValue)
        }
        state.accounts += 1
        if opened {
            if state.day != context.now.utcDay {
                state.day = context.now.utcDay
                state.openedThatDay = 0
            }
            guard state.openedThatDay < parameters.sponsorAccountsPerDay else {
                throw Rejection(AccountsRejection.sponsorDayFull, detail: sponsor.rawValue)
            }
            state.openedThatDay += 1
        }
        sponsors.set(sponsor, state, in: context.state)
    }

    /// Records what leaves an account, within the limit of the key that signed.
    ///
    /// Only the signing account's own money is limited: what others pay by timers or
    /// by rules they agreed to is not this key's spending. A day is a UTC day.
    /// - Throws: `signingKeyGone`, `unitNotAllowed`, `dailyLimitExceeded`.
    static func recordSpending(
        of payer: AccountID, unit: String, amount: Amount, in context: Context
    ) throws(Rejection) {
        guard case .transaction(payer, let key, _) = context.origin else { return }
        if let row = signingKey(key, of: payer, in: context.state), !row.isLimited { return }
        guard var account = account(payer, in: context.state),
            let index = account.keys.firstIndex(where: { PublicKey($0.publicKey) == key })
        else { throw Rejection(AccountsRejection.signingKeyGone) }
        let limits = account.keys[index].limits
        if limits.isEmpty { return }
        guard let position = limits.firstIndex(where: { $0.unit == unit }) else {
            throw Rejection(AccountsRejection.unitNotAllowed, detail: unit)
        }
        // One row of spending for each limit, in the same order.
        var spending = account.keys[index].spending[position]
        if spending.day != context.now.utcDay {
            spending.day = context.now.utcDay
            spending.spentMinor = 0
        }
        guard amount.minor <= limits[position].perDayMinor - spending.spentMinor else {
            throw Rejection(AccountsRejection.dailyLimitExceeded, detail: unit)
        }
        spending.spentMinor += amount.minor
        account.keys[index].spending[position] = spending
        accounts.set(payer, account, in: context.state)
    }
}
