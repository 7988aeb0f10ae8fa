import KoinonProtocol

extension ListingMapping: Decodable {
    /// Three decimals of a degree are a block of houses, none a county.
    private static let decimals: ClosedRange<Int> = 0...3

    private enum Keys: String, CodingKey, CaseIterable {
        case format, note, delimiter, columns, kinds, terms
        case placeDecimals = "place_decimals"
    }

    public init(from decoder: any Decoder) throws {
        let object = try decoder.strictObject(Keys.self)
        try decoder.checkFormat(object, .format, Self.format)
        note = try object.decodeIfPresent(String.self, forKey: .note)
        delimiter = try decoder.delimiter(object, .delimiter)
        columns = try object.decode(Columns.self, forKey: .columns)
        kinds = try object.decode([KindName].self, forKey: .kinds)
        placeDecimals = try decoder.numberIfPresent(object, .placeDecimals) ?? 2
        terms = try object.decode(Terms.self, forKey: .terms)
        guard (1...100).contains(kinds.count) else {
            throw decoder.fault(at: "kinds", "give 1 to 100 of {\"value\", \"kind\", \"title\"}.")
        }
        guard Set(kinds.map(\.value)).count == kinds.count else {
            throw decoder.fault(at: "kinds", "one value stands there twice. Remove one.")
        }
        let titles = Set(kinds.map { [$0.kind, $0.title] })
        guard titles.count == Set(kinds.map(\.kind)).count else {
            throw decoder.fault(at: "kinds", "one kind has two titles. Give it one.")
        }
        guard Self.decimals.contains(placeDecimals) else {
            throw decoder.fault(at: "place_decimals", "give 0 to 3.")
        }
    }
}

extension ListingMapping.Columns: Decodable {
    private enum Keys: String, CodingKey, CaseIterable {
        case listing, title, host, kind, price, latitude, longitude
        case minimumNights = "minimum_nights"
        case availableNights = "available_nights"
    }

    public init(from decoder: any Decoder) throws {
        let object = try decoder.strictObject(Keys.self)
        listing = try object.decode(String.self, forKey: .listing)
        title = try object.decode(String.self, forKey: .title)
        host = try object.decode(String.self, forKey: .host)
        kind = try object.decode(String.self, forKey: .kind)
        price = try object.decode(String.self, forKey: .price)
        minimumNights = try object.decodeIfPresent(String.self, forKey: .minimumNights)
        availableNights = try object.decodeIfPresent(String.self, forKey: .availableNights)
        latitude = try object.decodeIfPresent(String.self, forKey: .latitude)
        longitude = try object.decodeIfPresent(String.self, forKey: .longitude)
        guard (latitude == nil) == (longitude == nil) else {
            throw decoder.fault(
                at: latitude == nil ? "latitude" : "longitude",
                "a place needs latitude and longitude. Name both columns or neither.")
        }
    }
}

extension ListingMapping.KindName: Decodable {
    private enum Keys: String, CodingKey, CaseIterable { case value, kind, title }

    public init(from decoder: any Decoder) throws {
        let object = try decoder.strictObject(Keys.self)
        value = try object.decode(String.self, forKey: .value)
        kind = try decoder.slug(object, .kind)
        title = try decoder.title(object, .title)
    }
}

extension ListingMapping.Terms: Decodable {
    private enum Keys: String, CodingKey, CaseIterable {
        case unit
        case deposit = "deposit_minor"
        case reducedDeposit = "reduced_deposit"
        case platformFee = "platform_fee"
    }

    public init(from decoder: any Decoder) throws {
        let object = try decoder.strictObject(Keys.self)
        unit = try object.decode(LeaseTerms.Unit.self, forKey: .unit)
        // Prices have at most so many decimals, and twelve digits before them.
        guard unit.scale <= 6 else { throw decoder.fault(at: "unit.scale", "give 0 to 6.") }
        deposit = try decoder.amount(object, .deposit)
        reducedDeposit = try object.decodeIfPresent(
            LeaseTerms.ReducedDeposit.self, forKey: .reducedDeposit)
        platformFee =
            try object.decodeIfPresent(LeaseTerms.Fraction.self, forKey: .platformFee)
            ?? LeaseTerms.Fraction(numerator: 0, denominator: 1)
        try decoder.check(reducedDeposit, against: deposit)
    }
}
