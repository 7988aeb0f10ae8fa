import Foundation

/// Places drawn from themselves: no tiles, nobody else is asked.
struct PlaceMap {
    struct Pin {
        var latitude: Double
        var longitude: Double
        var title: String
        /// Nil: it leads nowhere.
        var href: String?
    }

    var pins: [Pin]
    var label: String

    private static let width = 640.0
    private static let margin = 34.0

    /// Nil without any place.
    func svg(height: Double = 320) -> String? {
        guard let box = Box(pins) else { return nil }
        // A degree of longitude is shorter away from the equator.
        let squeeze = max(cos(box.middleLatitude * .pi / 180), 0.05)
        let inner = (Self.width - 2 * Self.margin, height - 2 * Self.margin)
        let scale = min(inner.0 / (box.width * squeeze), inner.1 / box.height)
        func point(_ pin: Pin) -> (x: Double, y: Double) {
            (
                Self.width / 2 + (pin.longitude - box.middleLongitude) * squeeze * scale,
                height / 2 - (pin.latitude - box.middleLatitude) * scale
            )
        }
        var parts = Self.grid(height: height)
        for group in Self.groups(pins.map { (point($0), $0) }) { parts += Self.mark(group) }
        parts += Self.ruler(metres: 111_320 / scale, height: height)
        return SVG.drawing(
            width: Self.width, height: height, label: label, class: "places",
            hasLinks: pins.contains { $0.href != nil }, parts)
    }

    private struct Box {
        var south: Double
        var north: Double
        var west: Double
        var east: Double

        init?(_ pins: [Pin]) {
            guard let first = pins.first else { return nil }
            (south, north) = (first.latitude, first.latitude)
            (west, east) = (first.longitude, first.longitude)
            for pin in pins {
                south = min(south, pin.latitude)
                north = max(north, pin.latitude)
                west = min(west, pin.longitude)
                east = max(east, pin.longitude)
            }
        }

        var middleLatitude: Double { (south + north) / 2 }
        var middleLongitude: Double { (west + east) / 2 }
        /// About half a kilometre at least, so that one place is not blown up.
        var height: Double { max(north - south, 0.005) }
        var width: Double { max(east - west, 0.005) }
    }

    private static func grid(height: Double) -> String {
        let columns = stride(from: 80.0, to: width, by: 80).map {
            "M\(SVG.number($0)) 0V\(SVG.number(height))"
        }
        let rows = stride(from: 80.0, to: height, by: 80).map {
            "M0 \(SVG.number($0))H\(SVG.number(width))"
        }
        return "<path class=\"grid\" d=\"\((columns + rows).joined())\"/>"
    }

    /// Pins that would cover each other stand as one.
    private static func groups(
        _ points: [(at: (x: Double, y: Double), pin: Pin)]
    ) -> [(at: (x: Double, y: Double), pins: [Pin])] {
        var groups: [(at: (x: Double, y: Double), pins: [Pin])] = []
        for point in points {
            let near = groups.firstIndex {
                abs($0.at.x - point.at.x) < 18 && abs($0.at.y - point.at.y) < 18
            }
            if let near {
                groups[near].pins.append(point.pin)
            } else {
                groups.append((point.at, [point.pin]))
            }
        }
        return groups
    }

    private static func mark(_ group: (at: (x: Double, y: Double), pins: [Pin])) -> String {
        let count = group.pins.count
        let radius = count == 1 ? 8.0 : 12.0
        let titles = group.pins.prefix(5).map(\.title).joined(separator: ", ")
        var mark =
            "<circle class=\"pin\" cx=\"\(SVG.number(group.at.x))\" "
            + "cy=\"\(SVG.number(group.at.y))\" r=\"\(SVG.number(radius))\"/>"
        if count > 1 {
            mark += SVG.text(
                String(count), x: group.at.x, y: group.at.y + 4, class: "many", anchor: "middle")
        }
        let title = "<title>\(SVG.escape(titles))\(count > 5 ? " …" : "")</title>"
        guard let href = group.pins[0].href else { return "<g>\(title)\(mark)</g>" }
        return
            "<a href=\"\(SVG.escape(href))\" aria-label=\"\(SVG.escape(titles))\">\(title)\(mark)</a>"
    }

    /// How long a round distance is.
    private static func ruler(metres perPixel: Double, height: Double) -> String {
        var length = 1.0
        while length * 10 / perPixel <= 200 { length *= 10 }
        for factor in [5.0, 2.0] where length * factor / perPixel <= 200 {
            length *= factor
            break
        }
        let pixels = length / perPixel
        let text = length >= 1_000 ? "\(Int(length / 1_000)) km" : "\(Int(length)) m"
        let y = height - 12
        return "<path class=\"line\" d=\"M14 \(SVG.number(y))h\(SVG.number(pixels))\"/>"
            + SVG.text(text, x: 14, y: y - 8, class: "faint")
    }
}
