import KoinonProtocol

extension Money {
    public static func unit(_ name: String, in state: some StateReader) -> UnitOfAccount? {
        known(name, in: state)
    }

    public static func balance(
        of account: AccountID, unit: String, in state: some StateReader
    ) -> Amount {
        amount(in: balances.bytes(Key2(account, unit), in: state))
    }

    /// What a `Balance` or `Hold` says, read in place; nothing without a row.
    static func amount(in row: [UInt8]?) -> Amount {
        guard let row else { return .zero }
        return row.withUnsafeBytes { bytes in
            var reader = WireReader(bytes)
            guard case (1, .number(let minor))? = reader.next() else { return .zero }
            return Amount(minor: minor)
        }
    }

    /// A `Balance` or `Hold` of more than nothing, as protobuf writes it.
    static func row(of amount: Amount) -> [UInt8] {
        var row: [UInt8] = []
        row.reserveCapacity(11)
        row.append(1 << 3)
        row.append(varint: amount.minor)
        return row
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
        amount(in: holds.bytes(Key2(agreement, unit), in: state))
    }

    static func exists(_ name: String, in state: some StateReader) -> Bool {
        Slug.isValid(name) && units.contains(name, in: state)
    }

    /// Text of any length may ask; only a valid name can be a key.
    static func known(_ name: String, in state: some StateReader) -> UnitOfAccount? {
        Slug.isValid(name) ? units.get(name, in: state) : nil
    }
}
