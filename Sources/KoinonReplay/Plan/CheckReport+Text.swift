import KoinonProtocol

/// Numbers as people read them, the same in every locale.
enum Grouped {
    /// Puts a comma before each third digit from the end.
    static func digits(_ text: String) -> String {
        var grouped = ""
        for (index, digit) in text.enumerated() {
            if index > 0, (text.count - index).isMultiple(of: 3) { grouped.append(",") }
            grouped.append(digit)
        }
        return grouped
    }

    static func number(_ value: Int) -> String { digits(String(value)) }
}

extension CheckReport {
    /// The report for people: what would happen, then every refused row with its line,
    /// up to `rowsShown` of each reason.
    public func text(rowsShown: Int = 20) -> String {
        var lines: [String] = []
        for report in operators {
            lines += report.summary
            lines += report.refusals(rowsShown: rowsShown)
            lines += report.durations(rowsShown: rowsShown)
            lines.append("")
        }
        lines.append(
            "\(Grouped.number(instants)) moments, each of which would be one block. "
                + "This was a dry run: nothing was sent to a ledger.")
        return lines.joined(separator: "\n")
    }
}

extension CheckReport.Operator {
    private func money(_ minor: UInt64) -> String {
        LeaseTerms.Unit(id: unit, title: unit, scale: unitScale).text(Amount(minor: minor))
    }

    fileprivate var summary: [String] {
        let pooled = pooledRiders == 0 ? "" : ", \(Grouped.number(pooledRiders)) of them pooled"
        let minutes = longestMilliseconds / 60_000
        var lines = [
            "\(title) (\(member)): \(files.joined(separator: ", "))",
            "  rows         \(Grouped.number(rows)): \(Grouped.number(settled)) would be settled, "
                + "\(Grouped.number(refusedCount)) refused",
            "  resources    \(Grouped.number(resources))",
            "  accounts     \(Grouped.number(riders))\(pooled)",
            "  longest trip \(minutes / 60) h \(minutes % 60) min",
            "  invoice      \(money(chargedMinor)) before the platform fee of "
                + money(platformFeeMinor),
            "  top-ups      \(Grouped.number(topUps)) generated, \(money(topUpsMinor)) in sum",
        ]
        if reducedDeposits > 0 {
            lines.append("  lower deposit for \(Grouped.number(reducedDeposits)) bookings")
        }
        if !busiest.isEmpty {
            let names = busiest.map { "\($0.title) (\(Grouped.number($0.settled)))" }
            lines.append("  busiest      \(names.joined(separator: ", "))")
        }
        return lines
    }

    fileprivate func refusals(rowsShown: Int) -> [String] {
        var lines: [String] = []
        for refusal in refused {
            lines.append(
                "  refused \(Grouped.number(refusal.rows.count)) as \(refusal.reason.rawValue): "
                    + "\(refusal.reason.text). \(refusal.reason.remedy)")
            for row in refusal.rows.prefix(rowsShown) {
                let column = row.column.map { ", column \($0)" } ?? ""
                let trip = row.trip.map { ", trip \($0)" } ?? ""
                lines.append("    \(row.file), line \(row.line)\(column)\(trip)")
            }
            lines += more(refusal.rows.count, than: rowsShown)
        }
        return lines
    }

    fileprivate func durations(rowsShown: Int) -> [String] {
        guard !durationDifferences.isEmpty else { return [] }
        var lines = [
            "  \(Grouped.number(durationDifferences.count)) rows state a duration over 120 s off "
                + "their times. They are not refused; if they are many, the mapping's time is "
                + "most likely wrong."
        ]
        for row in durationDifferences.prefix(rowsShown) {
            lines.append(
                "    \(row.file), line \(row.line), trip \(row.trip): "
                    + "stated \(row.statedMilliseconds / 1_000) s, "
                    + "by its times \(row.byTimesMilliseconds / 1_000) s")
        }
        lines += more(durationDifferences.count, than: rowsShown)
        return lines
    }

    private func more(_ count: Int, than shown: Int) -> [String] {
        count > shown ? ["    … and \(Grouped.number(count - shown)) more"] : []
    }
}
