/// A process as a line with stops: the states of an agreement under way from top to bottom,
/// beside each the ways out of it, and where one stands.
struct ProcessDrawing {
    let process: ProcessView
    /// Name of the present state; nil before an agreement is opened.
    var current: String?
    let texts: Texts

    private static let width = 390.0
    private static let line = 36.0
    private static let wayHeight = 42.0
    private static let gap = 26.0

    /// Ways out of one state to another, by whom.
    private struct Way {
        var verb: String
        var who: String
        var to: String
    }

    func svg() -> String {
        let stops = stops()
        var tops: [String: Double] = [:]
        var y = 30.0
        for stop in stops {
            tops[stop.name] = y
            y += 24 + Double(ways(from: stop.name).count) * Self.wayHeight + Self.gap
        }
        let ends = endings()
        for end in ends {
            tops[end.name] = y
            y += 34
        }
        let bottom = tops[ends.last?.name ?? stops.last?.name ?? ""] ?? 30
        var parts = "<path class=\"way\" d=\"M\(SVG.number(Self.line)) 30V\(SVG.number(bottom))\"/>"
        for stop in stops { parts += draw(stop, at: tops[stop.name] ?? 0) }
        for end in ends { parts += drawEnd(end, at: tops[end.name] ?? 0) }
        return SVG.drawing(
            width: Self.width, height: y, label: label(stops), class: "process", parts)
    }

    private func label(_ stops: [ProcessView.State]) -> String {
        let steps = (stops + endings()).map { state in
            let title = texts.ledger(state.title)
            return state.name == current ? "\(title) (\(texts("diagram.here")))" : title
        }
        return texts("diagram.alt", ["steps": steps.joined(separator: ", ")])
    }

    /// States that are not final, in the order in which they are reached.
    private func stops() -> [ProcessView.State] {
        let start = ProcessView.State(
            name: "", title: texts("diagram.start"), isFinal: false, occupancy: "none",
            disputable: false)
        return [start] + process.states.filter { !$0.isFinal }
    }

    /// The final state, once it is reached; the others stand beside the ways to them.
    private func endings() -> [ProcessView.State] {
        process.states.filter { $0.isFinal && $0.name == current }
    }

    private func ways(from state: String) -> [Way] {
        var ways: [Way] = []
        for one in process.transitions where (one.from ?? "") == state {
            let who =
                one.timerBase == nil
                ? one.by.map(texts.role).joined(separator: ", ") : texts("diagram.by_itself")
            let way = Way(verb: texts.verb(one.name), who: who, to: title(one.to))
            let known = ways.firstIndex { $0.verb == way.verb && $0.to == way.to }
            if let known {
                if !ways[known].who.contains(who) { ways[known].who += ", \(who)" }
            } else {
                ways.append(way)
            }
        }
        if let end = process.resolvedTo,
            process.states.contains(where: { $0.name == state && $0.disputable })
        {
            ways.append(Way(verb: texts("diagram.dispute"), who: "", to: title(end)))
        }
        return ways
    }

    private func title(_ state: String) -> String {
        process.states.first { $0.name == state }.map { texts.ledger($0.title) } ?? state
    }

    private func draw(_ stop: ProcessView.State, at y: Double) -> String {
        let isHere = stop.name == current && !stop.name.isEmpty
        var parts = isHere ? "<g class=\"here\">" : "<g>"
        if isHere {
            parts +=
                "<circle class=\"halo\" cx=\"\(SVG.number(Self.line))\" cy=\"\(SVG.number(y))\" r=\"19\"/>"
        }
        parts +=
            "<circle class=\"stop\" cx=\"\(SVG.number(Self.line))\" cy=\"\(SVG.number(y))\" r=\"10\"/>"
        let name = texts.ledger(stop.title)
        let title = isHere ? "\(name) · \(texts("diagram.here"))" : name
        parts += SVG.text(title, x: 66, y: y + 5, class: "title") + "</g>"
        for (index, way) in ways(from: stop.name).enumerated() {
            let line = y + 31 + Double(index) * Self.wayHeight
            parts +=
                "<path class=\"way\" d=\"M66 \(SVG.number(line - 5))h16\"/>"
                + "<path class=\"arrow\" d=\"M82 \(SVG.number(line - 10))l9 5l-9 5z\"/>"
            parts +=
                "<text x=\"98\" y=\"\(SVG.number(line))\" class=\"verb\">"
                + "\(SVG.escape(way.verb))<tspan class=\"goes\"> → \(SVG.escape(way.to))</tspan></text>"
            parts += SVG.text(way.who, x: 98, y: line + 16, class: "who")
        }
        return parts
    }

    private func drawEnd(_ end: ProcessView.State, at y: Double) -> String {
        let isHere = end.name == current
        let name = texts.ledger(end.title)
        let title = isHere ? "\(name) · \(texts("diagram.here"))" : name
        return (isHere ? "<g class=\"here\">" : "<g>")
            + "<rect class=\"end\" x=\"\(SVG.number(Self.line - 7))\" y=\"\(SVG.number(y - 7))\" width=\"14\" height=\"14\" rx=\"3\"/>"
            + SVG.text(title, x: 66, y: y + 5, class: "title") + "</g>"
    }
}
