import KoinonMachine
import KoinonProtocol

extension Mapping: Decodable {
    private enum Keys: String, CodingKey, CaseIterable {
        case format, note, `operator`, delimiter, columns, time, resources, stations, lease
        case pooledRiders = "pooled_riders"
    }

    public init(from decoder: any Decoder) throws {
        let object = try decoder.strictObject(Keys.self)
        try decoder.checkFormat(object, .format, Self.format)
        note = try object.decodeIfPresent(String.self, forKey: .note)
        `operator` = try object.decode(Operator.self, forKey: .operator)
        delimiter = try decoder.delimiter(object, .delimiter)
        columns = try object.decode(Columns.self, forKey: .columns)
        time = try object.decode(TimeReading.self, forKey: .time)
        pooledRiders = try object.decodeIfPresent([PoolColumn].self, forKey: .pooledRiders) ?? []
        resources = try object.decode(ResourceTerms.self, forKey: .resources)
        stations = try object.decodeIfPresent(StationSource.self, forKey: .stations)
        lease = try object.decode(LeaseTerms.self, forKey: .lease)
        try checkRiders(decoder)
        try checkResources(decoder)
    }

    private func checkRiders(_ decoder: any Decoder) throws {
        guard columns.rider == nil else {
            guard pooledRiders.isEmpty else {
                throw decoder.fault(
                    at: "pooled_riders",
                    "columns.rider names each rider already. Remove one of the two.")
            }
            return
        }
        guard !pooledRiders.isEmpty else {
            throw decoder.fault(
                at: "pooled_riders",
                "there is no columns.rider. List what names a pooled account: "
                    + "rider_type, start_station, or both.")
        }
        for column in pooledRiders
        where (column == .riderType ? columns.riderType : columns.startStation) == nil {
            throw decoder.fault(
                at: "pooled_riders", "it lists \(column.rawValue). Name columns.\(column.rawValue)."
            )
        }
    }

    private func checkResources(_ decoder: any Decoder) throws {
        if columns.bike == nil {
            guard columns.startStation != nil else {
                throw decoder.fault(
                    at: "columns.start_station",
                    "there is no columns.bike, so that stations are what is leased. Name it.")
            }
            guard resources.capacity != nil else {
                throw decoder.fault(
                    at: "resources.capacity",
                    "there is no columns.bike, so that stations are what is leased. Say how "
                        + "many bikes each has, unless the table of stations knows better.")
            }
        } else if resources.capacity != nil {
            throw decoder.fault(
                at: "resources.capacity", "each bike of columns.bike is one. Remove it.")
        }
    }
}

extension Mapping.Operator: Decodable {
    private enum Keys: String, CodingKey, CaseIterable { case member, title }

    public init(from decoder: any Decoder) throws {
        let object = try decoder.strictObject(Keys.self)
        let slug = try decoder.slug(object, .member)
        guard let member = MemberID(rawValue: slug) else {
            throw decoder.fault(at: "member", "\"\(slug)\" is no member's name.")
        }
        self.member = member
        title = try decoder.title(object, .title)
    }
}

extension Mapping.Columns: Decodable {
    private enum Keys: String, CodingKey, CaseIterable {
        case trip, start, end, bike, rider
        case riderType = "rider_type"
        case startStation = "start_station"
        case endStation = "end_station"
        case durationSeconds = "duration_s"
    }

    public init(from decoder: any Decoder) throws {
        let object = try decoder.strictObject(Keys.self)
        trip = try object.decode(String.self, forKey: .trip)
        start = try object.decode(String.self, forKey: .start)
        end = try object.decode(String.self, forKey: .end)
        bike = try object.decodeIfPresent(String.self, forKey: .bike)
        rider = try object.decodeIfPresent(String.self, forKey: .rider)
        riderType = try object.decodeIfPresent(String.self, forKey: .riderType)
        startStation = try object.decodeIfPresent(String.self, forKey: .startStation)
        endStation = try object.decodeIfPresent(String.self, forKey: .endStation)
        durationSeconds = try object.decodeIfPresent(String.self, forKey: .durationSeconds)
    }
}

extension Mapping.ResourceTerms: Decodable {
    /// A ledger takes more, but by its standard parameters no more open bookings than
    /// that of one resource.
    static let capacities: ClosedRange<UInt32> = 1...1_000

    private enum Keys: String, CodingKey, CaseIterable {
        case kind, capacity
        case kindTitle = "kind_title"
        case titlePrefix = "title_prefix"
    }

    public init(from decoder: any Decoder) throws {
        let object = try decoder.strictObject(Keys.self)
        kind = try decoder.slug(object, .kind)
        kindTitle = try decoder.title(object, .kindTitle)
        titlePrefix = try object.decodeIfPresent(String.self, forKey: .titlePrefix) ?? ""
        guard titlePrefix.utf8.count <= 32, TextCheck.isTitle(titlePrefix + "1") else {
            throw decoder.fault(
                at: "title_prefix", "give at most 32 bytes of text without control characters.")
        }
        capacity = try decoder.numberIfPresent(object, .capacity)
        guard Self.capacities.contains(capacity ?? 1) else {
            throw decoder.fault(at: "capacity", "give 1 to 1000.")
        }
    }
}

extension Mapping.StationSource: Decodable {
    private enum Keys: String, CodingKey, CaseIterable {
        case file, station, title, latitude, longitude, capacity
    }

    public init(from decoder: any Decoder) throws {
        let object = try decoder.strictObject(Keys.self)
        file = try object.decode(String.self, forKey: .file)
        station = try object.decode(String.self, forKey: .station)
        title = try object.decodeIfPresent(String.self, forKey: .title)
        latitude = try object.decodeIfPresent(String.self, forKey: .latitude)
        longitude = try object.decodeIfPresent(String.self, forKey: .longitude)
        capacity = try object.decodeIfPresent(String.self, forKey: .capacity)
        guard (latitude == nil) == (longitude == nil) else {
            throw decoder.fault(
                at: latitude == nil ? "latitude" : "longitude",
                "a place needs latitude and longitude. Name both columns or neither.")
        }
    }
}

extension Decoder {
    func checkFormat<Key>(
        _ object: KeyedDecodingContainer<Key>, _ key: Key, _ wanted: String
    ) throws {
        let format = try object.decode(String.self, forKey: key)
        guard format == wanted else {
            throw fault(
                at: key.stringValue, "it is \"\(format)\"; this program reads \"\(wanted)\".")
        }
    }

    /// One ASCII character; a comma when the key is not there.
    func delimiter<Key>(_ object: KeyedDecodingContainer<Key>, _ key: Key) throws -> UInt8 {
        let delimiter = try object.decodeIfPresent(String.self, forKey: key) ?? ","
        guard let byte = delimiter.utf8.first, delimiter.utf8.count == 1, byte < 0x80,
            !"\"\r\n\0".utf8.contains(byte)
        else {
            throw fault(at: key.stringValue, "give one ASCII character, for instance \";\".")
        }
        return byte
    }

    func slug<Key>(_ object: KeyedDecodingContainer<Key>, _ key: Key) throws -> String {
        let text = try object.decode(String.self, forKey: key)
        guard Slug.isValid(text) else {
            throw fault(
                at: key.stringValue,
                "\"\(text)\" is no short name. Give 1 to 32 of a–z, 0–9, \"-\", \".\" and \"_\", "
                    + "a letter or digit first.")
        }
        return text
    }

    func title<Key>(_ object: KeyedDecodingContainer<Key>, _ key: Key) throws -> String {
        let text = try object.decode(String.self, forKey: key)
        guard TextCheck.isTitle(text) else {
            throw fault(
                at: key.stringValue,
                "give 1 to 64 bytes of text, not only spaces, without control characters.")
        }
        return text
    }
}
