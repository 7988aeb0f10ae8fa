import KoinonProtocol

extension Money {
    public static func unit(_ name: String, in state: some StateReader) -> UnitOfAccount? {
        known(name, in: state)
    }

    public static func balance(
        of account: AccountID, unit: String, in state: some StateReader
    ) -> Amount {
        Amount(minor: balances.get(Key2(account, unit), in: state)?.amountMinor ?? 0)
    }

    /// What an account has, by unit, shorter names first.
    public static func balances(
        of account: AccountID, in state: some StateReader
    ) -> [(unit: String, amount: Amount)] {
        balances.rows(under: account, in: state).map {
            ($0.key.b, Amount(minor: $0.value.amountMinor))
        }
    }

    /// What the agreement holds of the unit.
    public static func held(
        in agreement: AgreementID, unit: String, in state: some StateReader
    ) -> Amount {
        Amount(minor: holds.get(Key2(agreement, unit), in: state)?.amountMinor ?? 0)
    }

    static func exists(_ name: String, in state: some StateReader) -> Bool {
        Slug.isValid(name) && units.contains(name, in: state)
    }

    /// Text of any length may ask; only a valid name can be a key.
    static func known(_ name: String, in state: some StateReader) -> UnitOfAccount? {
        Slug.isValid(name) ? units.get(name, in: state) : nil
    }
}
