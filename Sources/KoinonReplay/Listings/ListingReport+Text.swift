import KoinonProtocol

extension ListingReport {
    /// For people: what the file holds, what was refused and why with the lines, up to
    /// `rowsShown` of each reason, and what the ledger made of it.
    public func text(rowsShown: Int = 5) -> String {
        let unit = LeaseTerms.Unit(id: unit, title: unit, scale: unitScale)
        var lines = [
            file,
            "  rows      \(Grouped.number(rows)): \(Grouped.number(listings)) can be offered, "
                + "\(Grouped.number(rows - listings)) refused",
            "  hosts     \(Grouped.number(hosts))",
        ]
        lines += kinds.map { "  \(Grouped.number($0.listings)) of kind \($0.kind)" }
        if let lowestPriceMinor, let highestPriceMinor {
            lines.append(
                "  a night   \(unit.text(Amount(minor: lowestPriceMinor))) to "
                    + unit.text(Amount(minor: highestPriceMinor)))
        }
        if changedTitles > 0 {
            lines.append(
                "  titles    \(Grouped.number(changedTitles)) cut to 64 bytes, or without their "
                    + "line breaks and other control characters")
        }
        for refusal in refused {
            lines.append(
                "  refused \(Grouped.number(refusal.rows.count)) as \(refusal.reason.rawValue): "
                    + "\(refusal.reason.text). \(refusal.reason.remedy)")
            lines += refusal.rows.prefix(rowsShown).map { row in
                "    line \(row.line)" + (row.column.map { ", column \($0)" } ?? "")
            }
            if refusal.rows.count > rowsShown {
                lines.append("    … and \(Grouped.number(refusal.rows.count - rowsShown)) more")
            }
        }
        if let loaded {
            lines += loaded.lines
        } else {
            lines.append("This was a dry run: nothing was sent to a ledger.")
        }
        return lines.joined(separator: "\n")
    }
}

extension ListingReport.Loaded {
    fileprivate var lines: [String] {
        var lines = [
            "  offered   \(Grouped.number(offered)), already there \(Grouped.number(alreadyThere)), "
                + "failed \(Grouped.number(failed))",
            "  sent      \(Grouped.number(transactions)) transactions; "
                + "\(Grouped.number(accountsOpened)) accounts opened",
        ]
        lines += failures.map { "    failed \(Grouped.number($0.listings)): \($0.message)" }
        return lines
    }
}
