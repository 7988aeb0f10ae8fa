/// A process as a line with stops: the states of an agreement under way from top to bottom,
/// beside each the ways out of it, and where one stands.
struct ProcessDrawing {
    let process: ProcessView
    /// Name of the present state, empty before the agreement is opened; nil when the process is
    /// shown for itself.
    var current: String?
    let texts: Texts

    private static let width = 340.0
    private static let line = 22.0
    private static let wayHeight = 42.0
    private static let lineHeight = 17.0
    private static let gap = 26.0
    /// Letters that fit on a line of a title, and of a way: text in drawings does not wrap.
    private static let titleLetters = 31
    private static let wayLetters = 32

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
            y += height(of: stop) + Self.gap
        }
        let ends = endings()
        for end in ends {
            tops[end.name] = y
            y += 34 + Self.more(lines(of: end))
        }
        let bottom = tops[ends.last?.name ?? stops.last?.name ?? ""] ?? 30
        var parts = "<path class=\"way\" d=\"M\(SVG.number(Self.line)) 30V\(SVG.number(bottom))\"/>"
        for stop in stops { parts += draw(stop, at: tops[stop.name] ?? 0) }
        for end in ends { parts += drawEnd(end, at: tops[end.name] ?? 0) }
        return SVG.drawing(
            width: Self.width, height: y, label: label(stops), class: "process", parts)
    }

    /// From the circle to below the last way.
    private func height(of stop: ProcessView.State) -> Double {
        24 + Self.more(lines(of: stop))
            + ways(from: stop.name).reduce(0) { $0 + Self.height(of: $1) }
    }

    private static func height(of way: Way) -> Double {
        (way.who.isEmpty ? wayHeight - lineHeight : wayHeight) + more(lines(of: way))
    }

    /// What lines behind the first one take.
    private static func more(_ lines: [String]) -> Double {
        Double(max(lines.count, 1) - 1) * lineHeight
    }

    /// The title, with where one stands.
    private func lines(of state: ProcessView.State) -> [String] {
        let name = texts.ledger(state.title)
        let isHere = state.name == current
        return Self.lines(
            isHere ? "\(name) · \(texts("diagram.here"))" : name, letters: Self.titleLetters)
    }

    private static func lines(of way: Way) -> [String] {
        lines("\(way.verb) → \(way.to)", letters: wayLetters)
    }

    /// Broken between words; a longer word stays whole.
    static func lines(_ text: String, letters: Int) -> [String] {
        text.split(separator: " ").reduce(into: [String]()) { lines, word in
            if let last = lines.last, last.count + 1 + word.count <= letters {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
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
        let isHere = stop.name == current
        let centre = "cx=\"\(SVG.number(Self.line))\" cy=\"\(SVG.number(y))\""
        var parts = isHere ? "<g class=\"here\"><circle class=\"halo\" \(centre) r=\"19\"/>" : "<g>"
        parts += "<circle class=\"stop\" \(centre) r=\"10\"/>" + title(stop, at: y) + "</g>"
        var top = y + 31 + Self.more(lines(of: stop))
        for way in ways(from: stop.name) {
            parts += Self.draw(way, at: top)
            top += Self.height(of: way)
        }
        return parts
    }

    private func title(_ state: ProcessView.State, at y: Double) -> String {
        lines(of: state).enumerated().map { index, line in
            SVG.text(line, x: 50, y: y + 5 + Double(index) * Self.lineHeight, class: "title")
        }.joined()
    }

    /// An arrow, the verb and where it leads, and below it by whom.
    private static func draw(_ way: Way, at top: Double) -> String {
        var parts =
            "<path class=\"way\" d=\"M50 \(SVG.number(top - 5))h16\"/>"
            + "<path class=\"arrow\" d=\"M66 \(SVG.number(top - 10))l9 5l-9 5z\"/>"
        let lines = lines(of: way)
        for (index, line) in lines.enumerated() {
            // The first line begins with the verb, unless that alone is longer than a line.
            let verb = index == 0 && line.hasPrefix(way.verb) ? way.verb : ""
            parts +=
                "<text x=\"80\" y=\"\(SVG.number(top + Double(index) * lineHeight))\" class=\"verb\">"
                + "\(SVG.escape(verb))<tspan class=\"goes\">"
                + "\(SVG.escape(String(line.dropFirst(verb.count))))</tspan></text>"
        }
        let below = top + 16 + more(lines)
        return parts + SVG.text(way.who, x: 80, y: below, class: "who")
    }

    private func drawEnd(_ end: ProcessView.State, at y: Double) -> String {
        let place = "x=\"\(SVG.number(Self.line - 7))\" y=\"\(SVG.number(y - 7))\""
        return (end.name == current ? "<g class=\"here\">" : "<g>")
            + "<rect class=\"end\" \(place) width=\"14\" height=\"14\" rx=\"3\"/>"
            + title(end, at: y) + "</g>"
    }
}
