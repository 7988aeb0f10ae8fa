import KoinonClient
import KoinonProtocol

/// The money side of an operator's leases in the replay.
public struct LeaseTerms: Hashable, Sendable {
    public var unit: Unit
    public var tariff: Tariff
    /// What a rider leaves on top of the price of the agreed period.
    public var deposit: Amount
    public var reducedDeposit: ReducedDeposit?
    /// The platform's share of the charge, rounded down.
    public var platformFee: Fraction
    /// Generated top-ups are multiples of it.
    public var topUp: Amount

    /// The unit of account.
    public struct Unit: Hashable, Sendable {
        /// Its slug, for instance "usd", and its name for people.
        public var id: String
        public var title: String
        /// Decimal places of a shown amount.
        public var scale: UInt32

        /// An amount as people read it, for instance "24,638.00 USD".
        public func text(_ amount: Amount) -> String {
            let plain = MoneyText.format(amount, scale: Int(scale))
            let whole = plain.prefix { $0 != "." }
            return Grouped.digits(String(whole)) + plain.dropFirst(whole.count)
                + " \(id.uppercased())"
        }
    }

    /// The charge is max(steps begun, minimum steps) × price.
    public struct Tariff: Hashable, Sendable {
        public var price: Amount
        public var stepMilliseconds: UInt64
        public var minimumSteps: UInt32

        /// What a use of so many milliseconds costs.
        public func charge(forMilliseconds duration: UInt64) -> Amount {
            let begun = duration / stepMilliseconds + (duration % stepMilliseconds == 0 ? 0 : 1)
            // A mapping's bounds keep this below 2^51 for the longest agreed period.
            return Amount(minor: max(begun, UInt64(minimumSteps)) * price.minor)
        }
    }

    /// The deposit after so many agreements settled in a row without a late return.
    public struct ReducedDeposit: Hashable, Sendable {
        public var afterSettled: UInt32
        public var deposit: Amount
    }

    public struct Fraction: Hashable, Sendable {
        public var numerator: UInt32
        public var denominator: UInt32

        /// The share of an amount, rounded down.
        public func share(of amount: Amount) -> Amount {
            let product = amount.minor.multipliedFullWidth(by: UInt64(numerator))
            // Not larger than the amount, since the numerator is not than the denominator.
            return Amount(minor: UInt64(denominator).dividingFullWidth(product).quotient)
        }
    }
}

extension LeaseTerms: Decodable {
    private enum Keys: String, CodingKey, CaseIterable {
        case unit, tariff
        case deposit = "deposit_minor"
        case reducedDeposit = "reduced_deposit"
        case platformFee = "platform_fee"
        case topUp = "top_up_minor"
    }

    public init(from decoder: any Decoder) throws {
        let object = try decoder.strictObject(Keys.self)
        unit = try object.decode(Unit.self, forKey: .unit)
        tariff = try object.decode(Tariff.self, forKey: .tariff)
        deposit = try decoder.amount(object, .deposit)
        reducedDeposit = try object.decodeIfPresent(ReducedDeposit.self, forKey: .reducedDeposit)
        platformFee =
            try object.decodeIfPresent(Fraction.self, forKey: .platformFee)
            ?? Fraction(numerator: 0, denominator: 1)
        topUp = try decoder.amount(object, .topUp)
        guard topUp > .zero else {
            throw decoder.fault(at: "top_up_minor", "give at least 1.")
        }
        try decoder.check(reducedDeposit, against: deposit)
    }
}

extension LeaseTerms.Unit: Decodable {
    private enum Keys: String, CodingKey, CaseIterable { case id, title, scale }

    public init(from decoder: any Decoder) throws {
        let object = try decoder.strictObject(Keys.self)
        id = try decoder.slug(object, .id)
        title = try decoder.title(object, .title)
        scale = try decoder.number(object, .scale)
        guard scale <= 18 else { throw decoder.fault(at: "scale", "give 0 to 18.") }
    }
}

extension LeaseTerms.Tariff: Decodable {
    private enum Keys: String, CodingKey, CaseIterable {
        case price = "price_minor"
        case step = "step_ms"
        case minimumSteps = "minimum_steps"
    }

    public init(from decoder: any Decoder) throws {
        let object = try decoder.strictObject(Keys.self)
        price = try decoder.amount(object, .price)
        stepMilliseconds = try decoder.number(object, .step)
        guard (1_000...31_536_000_000).contains(stepMilliseconds) else {
            throw decoder.fault(at: "step_ms", "give 1000 (a second) to 31536000000 (a year).")
        }
        minimumSteps = try decoder.numberIfPresent(object, .minimumSteps) ?? 1
        guard minimumSteps <= 1_000_000 else {
            throw decoder.fault(at: "minimum_steps", "give 0 to 1000000.")
        }
    }
}

extension LeaseTerms.ReducedDeposit: Decodable {
    private enum Keys: String, CodingKey, CaseIterable {
        case afterSettled = "after_settled"
        case deposit = "deposit_minor"
    }

    public init(from decoder: any Decoder) throws {
        let object = try decoder.strictObject(Keys.self)
        afterSettled = try decoder.number(object, .afterSettled)
        deposit = try decoder.amount(object, .deposit)
        guard afterSettled >= 1 else {
            throw decoder.fault(at: "after_settled", "give at least 1.")
        }
    }
}

extension LeaseTerms.Fraction: Decodable {
    private enum Keys: String, CodingKey, CaseIterable { case numerator, denominator }

    public init(from decoder: any Decoder) throws {
        let object = try decoder.strictObject(Keys.self)
        numerator = try decoder.number(object, .numerator)
        denominator = try decoder.number(object, .denominator)
        guard denominator >= 1 else { throw decoder.fault(at: "denominator", "give at least 1.") }
        guard numerator <= denominator else {
            throw decoder.fault(at: "numerator", "a share is at most the whole. Lower it.")
        }
    }
}

extension Decoder {
    func check(_ reduced: LeaseTerms.ReducedDeposit?, against deposit: Amount) throws {
        if let reduced, reduced.deposit > deposit {
            throw fault(
                at: "reduced_deposit.deposit_minor",
                "it is larger than deposit_minor. Give at most \(deposit).")
        }
    }

    /// An amount that a mapping may name; the bound keeps every sum of a replay in range.
    func amount<Key>(_ object: KeyedDecodingContainer<Key>, _ key: Key) throws -> Amount {
        let minor: UInt64 = try number(object, key)
        guard minor <= 1_000_000_000 else {
            throw fault(at: key.stringValue, "give 0 to 1000000000 of the unit's smallest part.")
        }
        return Amount(minor: minor)
    }
}
