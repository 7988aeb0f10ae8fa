import struct Foundation.Data
import KoinonProtocol

/// Moving to another sponsor: the account asks, the member accepts, history stays.
extension Accounts {
    static func requestSponsor(_ action: RequestSponsor, in context: Context) throws(Rejection) {
        var account = try unlimitedAccount(in: context)
        guard let sponsor = MemberID(rawValue: action.sponsor),
            Alliance.member(sponsor, in: context.state) != nil
        else { throw Rejection(AccountsRejection.unknownMember, field: "sponsor") }
        guard account.sponsorships.last?.sponsor != sponsor.rawValue else {
            throw Rejection(AccountsRejection.alreadySponsor, field: "sponsor")
        }
        guard account.sponsorships.count < maximumSponsorships else {
            throw Rejection(AccountsRejection.sponsorHistoryFull, field: "sponsor")
        }
        account.requestedSponsor = sponsor.rawValue
        accounts.set(context.sender, account, in: context.state)
        var requested = SponsorRequested()
        requested.account = Data(context.sender.bytes)
        requested.sponsor = sponsor.rawValue
        context.emit(.sponsorRequested(requested))
    }

    static func acceptSponsored(_ action: AcceptSponsored, in context: Context) throws(Rejection) {
        guard let sponsor = Alliance.memberID(actingAs: context.sender, in: context.state) else {
            throw Rejection(AccountsRejection.notAMember)
        }
        guard let id = AccountID(action.account), var account = account(id, in: context.state)
        else { throw Rejection(AccountsRejection.unknownAccount, field: "account") }
        guard account.requestedSponsor == sponsor.rawValue else {
            throw Rejection(AccountsRejection.notRequested, field: "account")
        }
        try countSponsored(by: sponsor, opened: false, in: context)
        guard let before = self.sponsor(of: id, in: context.state) else {
            preconditionFailure("account \(id) has no sponsor")
        }
        var left = sponsorState(of: before, in: context.state)
        left.accounts -= 1
        sponsors.set(before, left, in: context.state)
        var sponsorship = Sponsorship()
        sponsorship.sponsor = sponsor.rawValue
        sponsorship.sinceMs = context.now.milliseconds
        account.sponsorships.append(sponsorship)
        account.requestedSponsor = ""
        accounts.set(id, account, in: context.state)
        var changed = SponsorChanged()
        changed.account = Data(id.bytes)
        changed.from = before.rawValue
        changed.to = sponsor.rawValue
        context.emit(.sponsorChanged(changed))
    }
}
