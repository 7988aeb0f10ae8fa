import Foundation
import GRDB
import KoinonMachine
import KoinonNode
import KoinonProtocol

/// What happens in an alliance, by hours of the ledger's time.
public struct StatisticsView: Codable, Sendable, Equatable {
    public struct Hour: Codable, Sendable, Equatable {
        /// When it begins.
        public var from: TimeView
        public var opened: Int
        public var settled: Int
        public var transactions: Int
    }
    public struct Moved: Codable, Sendable, Equatable {
        public var from: TimeView
        /// Transfers, payments and fees; what is only set aside or returned is not counted.
        public var amount: MoneyView
    }

    public var openOffers: Int
    public var agreements: Int
    public var resources: Int
    /// Opened so far, without those of genesis.
    public var accounts: Int
    /// Ascending; hours in which nothing happened are left out.
    public var hours: [Hour]
    public var moved: [Moved]

    /// A year at most.
    public static let maximumHours = 366 * 24
}

extension SearchIndex {
    /// - Parameter hours: so many back from the last block's time.
    public func statistics(hours: Int) throws -> Reading<StatisticsView> {
        let last = node.look { $0.time.milliseconds / 3_600_000 }
        let span = UInt64(min(max(hours, 1), StatisticsView.maximumHours))
        let first = Int64(clamping: last >= span ? last - span + 1 : 0)
        func time(_ hour: Int64) -> TimeView { TimeView(ms: UInt64(clamping: hour) * 3_600_000) }
        let (height, numbers, counted, sums) = try database.pool.read { db in
            func count(_ list: IndexSchema.List) throws -> Int {
                try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM lists WHERE list = ? AND key = x''",
                    arguments: [list.rawValue]) ?? 0
            }
            let offers = try Int.fetchOne(db, sql: "SELECT count(*) FROM offers WHERE open") ?? 0
            let numbers = (
                offers, try count(.agreements), try count(.resources), try count(.accounts)
            )
            let counted = try Row.fetchAll(
                db, sql: "SELECT * FROM hours WHERE hour >= ? ORDER BY hour", arguments: [first]
            ).map { row in
                StatisticsView.Hour(
                    from: time(row["hour"]), opened: row["opened"], settled: row["settled"],
                    transactions: row["transactions"])
            }
            let sums = try Row.fetchAll(
                db, sql: "SELECT * FROM hours_money WHERE hour >= ? ORDER BY hour, unit",
                arguments: [first]
            ).map { ($0["hour"] as Int64, $0["unit"] as String, $0["minor"] as Int64) }
            return (try IndexDatabase.height(db), numbers, counted, sums)
        }
        return node.look { reader in
            Reading(
                height: height, finalHeight: reader.finalHeight.rawValue,
                time: TimeView(reader.time),
                value: StatisticsView(
                    openOffers: numbers.0, agreements: numbers.1, resources: numbers.2,
                    accounts: numbers.3, hours: counted,
                    moved: sums.map { hour, unit, minor in
                        StatisticsView.Moved(
                            from: time(hour),
                            amount: reader.money(UInt64(clamping: minor), unit))
                    }))
        }
    }
}
