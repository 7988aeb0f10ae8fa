import struct Foundation.Data
import KoinonProtocol

/// What members say about who stands behind an account.
extension Reputation {
    static func vouch(_ action: VouchFor, in context: Context) throws(Rejection) {
        let member = try actingMember(in: context)
        let account = try knownAccount(action.account, in: context)
        guard !vouches.contains(Key2(account, member), in: context.state) else {
            throw Rejection(ReputationRejection.alreadyVouched, field: "account")
        }
        var voucher = vouchers.get(member, in: context.state) ?? VoucherState()
        let limit = Alliance.parameters(in: context.state).vouchesPerMember
        guard voucher.vouches < limit else {
            throw Rejection(ReputationRejection.tooManyVouches, detail: "\(limit)")
        }
        voucher.vouches += 1
        vouchers.set(member, voucher, in: context.state)
        var record = VouchRecord()
        record.vouchedAtMs = context.now.milliseconds
        vouches.set(Key2(account, member), record, in: context.state)
        var vouched = AccountVouched()
        vouched.account = action.account
        vouched.member = member.rawValue
        context.emit(.accountVouched(vouched))
    }

    static func withdraw(_ action: WithdrawVouch, in context: Context) throws(Rejection) {
        let member = try actingMember(in: context)
        let account = try knownAccount(action.account, in: context)
        guard vouches.contains(Key2(account, member), in: context.state),
            var voucher = vouchers.get(member, in: context.state)
        else { throw Rejection(ReputationRejection.notVouched, field: "account") }
        voucher.vouches -= 1
        if voucher.vouches == 0 {
            vouchers.remove(member, in: context.state)
        } else {
            vouchers.set(member, voucher, in: context.state)
        }
        vouches.remove(Key2(account, member), in: context.state)
        var withdrawn = VouchWithdrawn()
        withdrawn.account = action.account
        withdrawn.member = member.rawValue
        context.emit(.vouchWithdrawn(withdrawn))
    }

    /// The member that the sender acts for.
    static func actingMember(in context: Context) throws(Rejection) -> MemberID {
        guard let member = Alliance.memberID(actingAs: context.sender, in: context.state) else {
            throw Rejection(ReputationRejection.notAMember)
        }
        return member
    }

    static func knownAccount(_ bytes: Data, in context: Context) throws(Rejection) -> AccountID {
        guard let account = AccountID(bytes) else {
            throw Rejection(ReputationRejection.malformedID, field: "account")
        }
        guard Accounts.account(account, in: context.state) != nil else {
            throw Rejection(ReputationRejection.unknownAccount, field: "account")
        }
        return account
    }
}
