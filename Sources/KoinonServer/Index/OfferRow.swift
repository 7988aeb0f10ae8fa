import Foundation
import KoinonMachine
import KoinonProtocol

/// What the index keeps of an offer, as the ledger has it now.
struct OfferRow: Sendable {
    var id: Data
    var resource: Data
    var provider: Data
    var kind: String
    var unit: String
    var process: String
    var platform: String
    /// Least charge, in the smallest part of the unit.
    var price: Int64
    var standing: Int64
    var place: Place?
    var availableFrom: Int64
    var availableUntil: Int64
    var shortest: Int64
    var longest: Int64
    /// Whether a search finds it: not withdrawn, and nothing of it retired or stolen.
    var isOpen: Bool
    var withdrawn: Bool
    var title: String
    /// Titles of what goes with it, of its kind, and the kind's name.
    var words: String
    var items: [Data]
    var description: Data?

    /// Nil when there is no such offer.
    init?(_ bytes: Data, in reader: ViewReader) {
        guard let id = OfferID(bytes), let offer = Market.offer(id, in: reader.state) else {
            return nil
        }
        let terms = offer.terms
        let first = ResourceID(terms.resource).flatMap { Resources.resource($0, in: reader.state) }
        self.id = bytes
        resource = terms.resource
        provider = offer.provider
        kind = first?.kind ?? ""
        unit = terms.unit
        process = terms.process
        platform = terms.platform
        let (least, overflow) = terms.tariff.priceMinor.multipliedReportingOverflow(
            by: UInt64(max(terms.tariff.minimumSteps, 1)))
        price = overflow ? .max : Int64(clamping: least)
        standing = Int64(OfferView.standing(of: offer, in: reader))
        place = terms.hasPlace ? terms.place : nil
        availableFrom = Int64(clamping: terms.availableFromMs)
        availableUntil = Int64(clamping: terms.availableUntilMs)
        shortest = Int64(clamping: terms.durationMinimumMs)
        longest = Int64(clamping: terms.durationMaximumMs)
        items = [terms.resource] + terms.also.map(\.resource)
        let rows = items.map { bytes in
            ResourceID(bytes).flatMap { Resources.resource($0, in: reader.state) }
        }
        withdrawn = offer.withdrawn
        isOpen =
            !offer.withdrawn
            && rows.allSatisfy { row in
                row.map { !$0.retired && !$0.hasStolen && $0.owner == offer.provider } ?? false
            }
        title = terms.title
        words =
            (rows.compactMap { $0?.title } + [
                Resources.kind(kind, in: reader.state)?.title ?? "", kind,
            ]).joined(separator: "\n")
        description =
            first.flatMap { $0.descriptionHash.isEmpty ? nil : $0.descriptionHash }
    }
}
