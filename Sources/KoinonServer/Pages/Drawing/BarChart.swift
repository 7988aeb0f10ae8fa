/// Counts over time as bars.
struct BarChart {
    /// One bar each, oldest first; the last is still growing.
    var values: [Int]
    /// Below the first and the last bar.
    var from: String
    var until: String
    var label: String

    private static let width = 520.0
    private static let height = 210.0
    private static let floor = 176.0
    private static let left = 34.0

    func svg() -> String {
        let most = values.max() ?? 0
        let top = Self.roundTop(most)
        var parts = ""
        for line in Self.lines(to: top) {
            let y = y(of: line, top: top)
            parts +=
                "<path class=\"grid\" d=\"M\(SVG.number(Self.left)) \(SVG.number(y))"
                + "H\(SVG.number(Self.width))\"/>"
            parts += SVG.text(
                String(line), x: Self.left - 8, y: y + 5, class: "faint", anchor: "end")
        }
        let room = (Self.width - Self.left) / Double(max(values.count, 1))
        for (index, value) in values.enumerated() where value > 0 {
            let y = y(of: value, top: top)
            let name = index == values.count - 1 ? "bar latest" : "bar"
            parts +=
                "<rect class=\"\(name)\" x=\"\(SVG.number(Self.left + Double(index) * room + 1))\" "
                + "y=\"\(SVG.number(y))\" width=\"\(SVG.number(max(room - 2, 1)))\" "
                + "height=\"\(SVG.number(Self.floor - y))\" rx=\"2\"/>"
        }
        parts += SVG.text(from, x: Self.left, y: Self.height - 10, class: "faint")
        parts += SVG.text(until, x: Self.width, y: Self.height - 10, class: "faint", anchor: "end")
        return SVG.drawing(
            width: Self.width, height: Self.height, label: label, class: "chart", parts)
    }

    private func y(of value: Int, top: Int) -> Double {
        Self.floor - (Self.floor - 12) * Double(value) / Double(top)
    }

    /// The next of 2, 5, 10, 20, 50, …
    static func roundTop(_ most: Int) -> Int {
        var unit = 1
        while true {
            for factor in [2, 5, 10] where most <= factor * unit { return factor * unit }
            unit *= 10
        }
    }

    /// Where lines are drawn across: whole numbers only, equally far apart.
    private static func lines(to top: Int) -> [Int] {
        Array(stride(from: 0, through: top, by: top % 5 == 0 ? top / 5 : top / 2))
    }
}
