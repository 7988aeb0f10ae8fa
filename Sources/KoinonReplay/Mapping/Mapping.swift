import KoinonProtocol

/// How one operator's trips are read from CSV, and on which terms the replay leases
/// them: the file that `--mapping` names. docs/replay.md describes it key by key.
public struct Mapping: Hashable, Sendable {
    public static let format = "koinon/mapping/v1"

    /// For people; not read by the program.
    public var note: String?
    public var `operator`: Operator
    /// What separates fields; one ASCII character.
    public var delimiter: UInt8
    public var columns: Columns
    public var time: TimeReading
    /// Which columns together name the pooled account of a trip without rider id; empty
    /// when there is a column of rider ids.
    public var pooledRiders: [PoolColumn]
    public var resources: ResourceTerms
    public var stations: StationSource?
    public var lease: LeaseTerms

    /// The member of the alliance whose trips these are.
    public struct Operator: Hashable, Sendable {
        public var member: MemberID
        public var title: String
    }

    /// The names of the file's columns.
    public struct Columns: Hashable, Sendable {
        public var trip: String
        public var start: String
        public var end: String
        public var bike: String?
        public var rider: String?
        public var riderType: String?
        public var startStation: String?
        public var endStation: String?
        /// Seconds, compared with end less start.
        public var durationSeconds: String?
    }

    /// A column that may take part in the name of a pooled account.
    public enum PoolColumn: String, Hashable, Sendable, Decodable {
        case riderType = "rider_type"
        case startStation = "start_station"
    }

    /// What is leased: the bikes, or the stations when there is no bike id.
    public struct ResourceTerms: Hashable, Sendable {
        /// Slug of the kind, for instance "bicycle", and its name for people.
        public var kind: String
        public var kindTitle: String
        /// Put before the id to make a title.
        public var titlePrefix: String
        /// How many can be in use at once at a station that the table of stations does
        /// not tell. Nil when bikes are leased: each is one.
        public var capacity: UInt32?
    }

    /// A CSV file of stations, for titles, places and capacities. The properties but
    /// `file` name its columns.
    public struct StationSource: Hashable, Sendable {
        /// Relative to the mapping's folder.
        public var file: String
        /// What the trips' columns of stations hold.
        public var station: String
        public var title: String?
        public var latitude: String?
        public var longitude: String?
        public var capacity: String?
    }
}

extension Mapping {
    /// Reads a mapping file.
    /// - Throws: ``MappingFault`` naming the key and the remedy.
    public init(path: String) throws(MappingFault) {
        try self.init(json: MappingFile.read(path), name: path)
    }

    /// Decodes a mapping; `name` is what faults call it.
    /// - Throws: ``MappingFault`` naming the key and the remedy.
    public init(json: [UInt8], name: String) throws(MappingFault) {
        self = try MappingFile.decode(Mapping.self, json, name: name, document: "docs/replay.md")
    }
}
