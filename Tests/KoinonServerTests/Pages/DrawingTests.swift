import Foundation
import Testing

@testable import KoinonServer
@testable import TestNodes

@Suite struct DrawingTests {
    /// Made by another program (Python's qrcode 8, mask 4).
    @Test func `A QR code is the one that others make`() throws {
        let code = try #require(QRCode("HTTP://KOINON/"))
        let rows = code.modules.map { row in row.map { $0 ? "1" : "0" }.joined() }
        #expect(rows == Self.known)
    }

    @Test(arguments: [(1, 21), (14, 21), (15, 25), (106, 41), (107, 45), (180, 53), (213, 57)])
    func `A QR code grows with its text`(length: Int, size: Int) {
        #expect(QRCode(String(repeating: "k", count: length))?.size == size)
    }

    @Test func `What is too long for a QR code has none`() {
        #expect(QRCode(String(repeating: "k", count: 214)) == nil)
    }

    @Test(arguments: [(0, 2), (2, 2), (3, 5), (7, 10), (11, 20), (999, 1_000)])
    func `A chart ends at a round number`(most: Int, top: Int) {
        #expect(BarChart.roundTop(most) == top)
    }

    @Test func `A chart has a bar for each hour in which something happened`() {
        let svg = BarChart(values: [0, 3, 0, 1], from: "a", until: "b", label: "c").svg()
        #expect(svg.components(separatedBy: "<rect").count == 3)
        #expect(svg.contains("aria-label=\"c\""))
    }

    @Test func `A map keeps north up, east right, and puts near places together`() throws {
        func pin(_ latitude: Double, _ longitude: Double, _ title: String) -> PlaceMap.Pin {
            PlaceMap.Pin(latitude: latitude, longitude: longitude, title: title, href: "/\(title)")
        }
        let map = PlaceMap(
            pins: [pin(50, 8, "south"), pin(51, 9, "north"), pin(51, 9.00001, "beside")],
            label: "x")
        let svg = try #require(map.svg())
        let circles = svg.matches(of: /cx="([\d.]+)" cy="([\d.]+)"/).map {
            (Double($0.1) ?? 0, Double($0.2) ?? 0)
        }
        try #require(circles.count == 2)
        #expect(circles[0].0 < circles[1].0)
        #expect(circles[0].1 > circles[1].1)
        #expect(svg.contains("north, beside"))
        #expect(PlaceMap(pins: [], label: "x").svg() == nil)
    }

    @Test func `Text in a drawing cannot become an element`() throws {
        let pin = PlaceMap.Pin(
            latitude: 0, longitude: 0, title: "<script>\"&\u{1}", href: nil)
        let svg = try #require(PlaceMap(pins: [pin], label: "\"><x").svg())
        #expect(svg.contains("&lt;script&gt;&quot;&amp; "))
        #expect(!svg.contains("<x") && !svg.contains("<script"))
    }

    /// Rules of agreements come from members, their titles too.
    @Test func `Words of a process cannot become an element`() async throws {
        let home = try TestHome()
        try await home.running { node in
            var process = try #require(node.look { ProcessView.make("lease", in: $0) })
            for index in process.states.indices { process.states[index].title = "<b>\"&" }
            for index in process.transitions.indices { process.transitions[index].name = "<i>" }
            let drawing = ProcessDrawing(
                process: process, current: "booked", texts: try Texts(language: "en"))
            let svg = drawing.svg()
            #expect(svg.contains("&lt;b&gt;") && svg.contains("&lt;i&gt;"))
            #expect(!svg.contains("<b>") && !svg.contains("<i>"))
        }
    }

    @Test func `An offer's process has only the ways that its terms leave`() async throws {
        try await PageWorld.with { world in
            let made = world.served.node.look { ProcessView.make("lease", in: $0) }
            let process = try #require(made)
            func under(onRequest: Int64) -> ProcessView {
                process.under(
                    process.terms.map { term in
                        OfferView.Term(
                            name: term.name, title: term.title,
                            value: term.name == "on_request" ? onRequest : term.defaultValue,
                            isDefault: true)
                    })
            }
            func openings(_ process: ProcessView) -> [String] {
                process.transitions.filter { $0.from == nil }.map(\.name)
            }
            let (plain, asking) = (under(onRequest: 0), under(onRequest: 1))
            #expect(openings(plain) == ["book"])
            #expect(!plain.states.contains { ["requested", "declined"].contains($0.name) })
            #expect(plain.states.contains { $0.name == "booked" })
            #expect(plain.states.contains { $0.name == plain.resolvedTo })
            #expect(openings(asking) == ["request"])
            #expect(asking.states.contains { $0.name == "requested" })
            #expect(process.under([]) == process)
            let offer = try await world.page("/offer/\(world.lease.offer)").text
            #expect(offer.contains("class=\"verb\">Book<"))
            #expect(!offer.contains("Ask for it"))
        }
    }

    /// Everything else that a template shows is escaped.
    @Test func `Templates take nothing but drawings as it is`() throws {
        let names = Set(
            WebFiles.paths.filter { $0.hasSuffix(".mustache") }.compactMap { WebFiles.text(at: $0) }
                .flatMap { $0.matches(of: /\{\{\{\s*([^}]+?)\s*\}\}\}|\{\{&\s*([^}]+?)\s*\}\}/) }
                .map { String($0.output.1 ?? $0.output.2 ?? "") })
        #expect(names == ["qr", "process", "drawing", "map", "chart"])
    }

    @Test(arguments: [(0.0, "0"), (1.5, "1.5"), (-0.126, "-0.13"), (2.004, "2"), (10.07, "10.07")])
    func `Numbers of drawings are short`(value: Double, text: String) {
        #expect(SVG.number(value) == text)
    }

    @Test func `A calendar's lines are folded between characters`() {
        let folded = ICalendar.folded("SUMMARY:" + String(repeating: "ü", count: 60))
        let lines = folded.components(separatedBy: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 75 })
        #expect(lines.map { $0.hasPrefix(" ") ? String($0.dropFirst()) : $0 }.joined().count == 68)
        #expect(ICalendar.escape("a,b;c\\d\ne\r") == "a\\,b\\;c\\\\d\\ne")
    }

    private static let known = [
        "111111101101001111111",
        "100000100110101000001",
        "101110100010101011101",
        "101110101110001011101",
        "101110101010101011101",
        "100000101110101000001",
        "111111101010101111111",
        "000000001000100000000",
        "100010111001011111001",
        "100100011000010001101",
        "001010111001011011010",
        "010111011011110000000",
        "000000100001011111110",
        "000000001100100011111",
        "111111101110011111010",
        "100000100100110000001",
        "101110101001011111100",
        "101110100010110010111",
        "101110100110010111000",
        "100000100001110101000",
        "111111101111011011001",
    ]

    @Test func `Long words of a process go on below instead of over the edge`() {
        #expect(ProcessDrawing.lines("In use", letters: 10) == ["In use"])
        #expect(
            ProcessDrawing.lines("Back, not settled · here now", letters: 12)
                == ["Back, not", "settled ·", "here now"])
        #expect(
            ProcessDrawing.lines("Unaussprechlich ja", letters: 5) == ["Unaussprechlich", "ja"])
        #expect(ProcessDrawing.lines("", letters: 5) == [])
    }
}
