import Foundation
import KoinonProtocol

/// Distances on a sphere of the Earth's mean radius; off by half a per cent at most.
enum GeoMath {
    static let earthRadius = 6_371_008.8
    /// Half the way round, in metres.
    static let maximumRadius = 20_037_508.0

    /// Millimetres between two places in degrees times 10^7, by the haversine formula.
    static func millimetres(
        _ latitude: Double, _ longitude: Double, _ otherE7: (latitude: Int64, longitude: Int64)
    ) -> Int64 {
        let a = latitude * .pi / 180
        let b = Double(otherE7.latitude) / 1e7 * .pi / 180
        let north = sin((b - a) / 2)
        let east = sin((Double(otherE7.longitude) / 1e7 - longitude) * .pi / 360)
        let h = min(1, north * north + cos(a) * cos(b) * east * east)
        return Int64((2 * earthRadius * asin(h.squareRoot()) * 1_000).rounded())
    }
}

/// What surely holds every place within a radius: one or two boxes in degrees times 10^7,
/// two where it lies across the meridian of 180 degrees.
struct GeoBoxes: Equatable {
    struct Box: Equatable {
        var south: Int64
        var north: Int64
        var west: Int64
        var east: Int64
    }
    var boxes: [Box]

    init(latitude: Double, longitude: Double, radius: Double) {
        // A little more than needed, against rounding.
        let angle = min(radius / GeoMath.earthRadius * 1.000_001 + 1e-9, .pi)
        let degrees = angle * 180 / .pi
        let south = latitude - degrees
        let north = latitude + degrees
        func e7(_ degrees: Double) -> Int64 { Int64((degrees * 1e7).rounded()) }
        let rows = (south: e7(max(south, -90)) - 1, north: e7(min(north, 90)) + 1)
        // A pole is inside: every meridian is.
        guard south > -90, north < 90, angle < .pi / 2 else {
            boxes = [Self.box(rows, -1_800_000_001, 1_800_000_001)]
            return
        }
        let width = asin(min(1, sin(angle) / cos(latitude * .pi / 180))) * 180 / .pi
        let west = longitude - width
        let east = longitude + width
        if west < -180 {
            boxes = [
                Self.box(rows, -1_800_000_001, e7(east) + 1),
                Self.box(rows, e7(west + 360) - 1, 1_800_000_001),
            ]
        } else if east > 180 {
            boxes = [
                Self.box(rows, e7(west) - 1, 1_800_000_001),
                Self.box(rows, -1_800_000_001, e7(east - 360) + 1),
            ]
        } else {
            boxes = [Self.box(rows, e7(west) - 1, e7(east) + 1)]
        }
    }

    private static func box(_ rows: (south: Int64, north: Int64), _ west: Int64, _ east: Int64)
        -> Box
    {
        Box(south: rows.south, north: rows.north, west: west, east: east)
    }
}
