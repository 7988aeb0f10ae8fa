import GRDB

/// The tables of `index.sqlite` (docs/formats/index.md). Nothing in them is more than a way
/// to find things: the ledger has it all, and the file can be made again from it.
enum IndexSchema {
    /// Another number and the file is made anew.
    static let version = 3

    /// Words are found without regard to case and accents; the beginnings of words of three
    /// letters are kept ready.
    static func create(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
                CREATE TABLE lists (
                  list INTEGER NOT NULL, key BLOB NOT NULL, position INTEGER NOT NULL,
                  id BLOB NOT NULL, PRIMARY KEY (list, key, position)
                ) WITHOUT ROWID;
                CREATE INDEX lists_by_id ON lists (id, list);
                CREATE TABLE movements (
                  account BLOB NOT NULL, position INTEGER NOT NULL, height INTEGER NOT NULL,
                  leaf INTEGER NOT NULL, moment_ms INTEGER NOT NULL, kind TEXT NOT NULL,
                  unit TEXT NOT NULL, minor INTEGER NOT NULL, other BLOB, agreement BLOB,
                  PRIMARY KEY (account, position)
                ) WITHOUT ROWID;
                CREATE TABLE offers (
                  number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, resource BLOB NOT NULL,
                  provider BLOB NOT NULL, kind TEXT NOT NULL, unit TEXT NOT NULL,
                  process TEXT NOT NULL, platform TEXT NOT NULL, price INTEGER NOT NULL,
                  standing INTEGER NOT NULL, latitude INTEGER, longitude INTEGER,
                  available_from INTEGER NOT NULL, available_until INTEGER NOT NULL,
                  shortest INTEGER NOT NULL, longest INTEGER NOT NULL, open INTEGER NOT NULL,
                  description BLOB
                );
                CREATE INDEX offers_by_kind ON offers (kind, number) WHERE open;
                CREATE INDEX offers_by_price ON offers (unit, price, number DESC) WHERE open;
                CREATE INDEX offers_by_kind_price
                  ON offers (kind, unit, price, number DESC) WHERE open;
                CREATE INDEX offers_by_standing ON offers (standing, number) WHERE open;
                CREATE INDEX offers_by_kind_standing
                  ON offers (kind, standing, number) WHERE open;
                CREATE INDEX offers_by_provider ON offers (provider, kind);
                CREATE INDEX offers_by_platform ON offers (platform, number) WHERE open;
                CREATE INDEX offers_by_description ON offers (description)
                  WHERE description IS NOT NULL;
                CREATE TABLE offer_items (
                  resource BLOB NOT NULL, number INTEGER NOT NULL,
                  PRIMARY KEY (resource, number)
                ) WITHOUT ROWID;
                CREATE VIRTUAL TABLE offers_text USING fts5(
                  title, words, facet, tokenize = "unicode61 remove_diacritics 2",
                  prefix = '3');
                CREATE VIRTUAL TABLE offers_place USING rtree_i32(
                  number, south, north, west, east, first, last);
                CREATE TABLE requests (
                  number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, kind TEXT NOT NULL,
                  latitude INTEGER, longitude INTEGER, radius INTEGER NOT NULL);
                CREATE INDEX requests_by_kind ON requests (kind, number);
                CREATE VIRTUAL TABLE requests_text USING fts5(
                  title, tokenize = "unicode61 remove_diacritics 2", prefix = '3');
                CREATE VIRTUAL TABLE titles USING fts5(
                  title, tokenize = "unicode61 remove_diacritics 2", prefix = '3');
                CREATE TABLE titled (
                  number INTEGER PRIMARY KEY, what TEXT NOT NULL, id BLOB NOT NULL UNIQUE);
                CREATE TABLE keys (public_key BLOB PRIMARY KEY, account BLOB NOT NULL)
                  WITHOUT ROWID;
                CREATE TABLE blocks (hash BLOB PRIMARY KEY, height INTEGER NOT NULL)
                  WITHOUT ROWID;
                CREATE TABLE hours (
                  hour INTEGER PRIMARY KEY, opened INTEGER NOT NULL, settled INTEGER NOT NULL,
                  transactions INTEGER NOT NULL);
                CREATE TABLE hours_money (
                  hour INTEGER NOT NULL, unit TEXT NOT NULL, minor INTEGER NOT NULL,
                  PRIMARY KEY (hour, unit)
                ) WITHOUT ROWID;
                PRAGMA user_version = \(version);
                """)
    }

    /// The lists by which things are found; numbers stand in the file.
    enum List: Int, CaseIterable, Sendable {
        case agreementsOfAccount = 1
        case agreementsOnResource = 2
        case agreementsOnOffer = 3
        case resourcesOfOwner = 4
        case offersOfProvider = 5
        case offersOfResource = 6
        case requestsOfCustomer = 7
        case openRequests = 8
        case flagsOfAccount = 9
        case proposals = 10
        case agreements = 11
        case resources = 12
        case disputes = 13
        case accounts = 14
        case offers = 15
    }
}

/// The place of an event in the order of all events: newer ones have larger numbers. The
/// same in every index of the same ledger.
enum IndexPosition {
    /// Events of one block at most, which is more than fit into one.
    static let eventsPerBlock: Int64 = 1 << 24

    static func first(ofBlock height: UInt64) -> Int64 {
        Int64(clamping: height) &* eventsPerBlock
    }

    static func height(of position: Int64) -> UInt64 { UInt64(position / eventsPerBlock) }
}
