import KoinonLedger
import KoinonNode
import KoinonProtocol
import KoinonServer
import NIOCore

extension FuzzTarget {
    /// What clients send to a node beside transactions: the same bytes as the query of a path,
    /// as words to look for, as a cursor, as a body of one form or the other, and as content.
    public static let requests = FuzzTarget(
        "requests", maximumBytes: 16_384, madeSeeds: { RequestProperties.seeds }
    ) { bytes in
        try RequestProperties.checkQuery(bytes)
        try RequestProperties.checkTexts(bytes)
        try RequestProperties.checkMessages(bytes)
        try RequestProperties.checkBodies(bytes)
        if let type = ContentType(sniffing: bytes), !type.isPicture {
            try hold(
                String(validating: bytes, as: UTF8.self) != nil && !bytes.contains(0),
                "what is no text counts as text")
        }
    }
}

private enum RequestProperties {
    /// The value, or nil when the request is refused with an explanation.
    private static func answered<Value>(_ read: () throws -> Value) throws -> Value? {
        do { return try read() } catch let problem as Problem {
            try hold(
                problem.status.code < 500 && !problem.detail.isEmpty && !problem.remedy.isEmpty,
                "a request is refused without a reason, or as if the node were at fault")
        } catch let fault as JSONFormFault {
            try hold(!fault.problem.isEmpty && !fault.remedy.isEmpty, "an empty fault")
        }
        return nil
    }

    static func checkQuery(_ bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        let query = Query(path: "/v1/search/offers?" + text)
        if let offers = try answered({ try OfferQuery(query) }) {
            try hold(
                (1...200).contains(offers.limit) && (offers.text?.utf8.count ?? 0) <= 256
                    && offers.minimumStandingPpm ?? 0 <= 1_000_000 && holds(offers.near)
                    && (offers.window.map { !$0.isEmpty } ?? true)
                    && (1...1_000_000).contains(offers.quantity),
                "a search beyond a limit")
            if let cursor = offers.cursor {
                try hold(OfferQuery.Cursor(text: cursor.text) == cursor, "a cursor changes")
            }
        }
        if let wishes = try answered({ try RequestQuery(query) }) {
            try hold(
                (1...200).contains(wishes.limit) && (wishes.text?.utf8.count ?? 0) <= 256
                    && holds(wishes.near) && wishes.before ?? 1 > 0,
                "a search beyond a limit")
        }
        let filter = try answered { try EventFilter(query) }
        try hold(
            filter?.mentioned.allSatisfy { $0.hasPrefix("\"koi") && $0.hasSuffix("\"") } ?? true,
            "events are looked for by what is no id")
    }

    private static func holds(_ circle: OfferQuery.Circle?) -> Bool {
        guard let circle else { return true }
        return abs(circle.latitude) <= 90 && abs(circle.longitude) <= 180
            && circle.radius ?? 0 >= 0
    }

    static func checkTexts(_ bytes: [UInt8]) throws(Violation) {
        let text = String(decoding: bytes.prefix(SearchText.maximumBytes), as: UTF8.self)
        if let words = SearchText(text) {
            // Nothing that means something to the index but what stands in quotes.
            let quote: Unicode.Scalar = "\""
            try hold(
                words.words.count <= SearchText.maximumWords
                    && words.words.allSatisfy { !$0.unicodeScalars.contains(quote) }
                    && words.expression.unicodeScalars.count { $0 == quote }
                        == 2 * words.words.count,
                "words to look for say more than words")
        }
        if let id = EventPosition(behind: text)?.idBefore {
            try hold(
                EventPosition(behind: id) == EventPosition(behind: text), "a position changes")
        }
        if let position = EventPosition(text) {
            try hold(EventPosition(position.description) == position, "a position changes")
        }
        if let cursor = ListCursor(text: text) {
            try hold(ListCursor(text: cursor.text) == cursor, "a cursor changes")
        }
    }

    /// Many messages in one body, whatever the pieces in which it comes.
    static func checkMessages(_ bytes: [UInt8]) throws(Violation) {
        let whole = messages(in: bytes, size: max(bytes.count, 1))
        try hold(
            whole == messages(in: bytes, size: 1) && whole == messages(in: bytes, size: 7),
            "messages read otherwise in pieces")
        try hold(
            whole.messages.allSatisfy { $0.count <= messageBytes }
                && whole.messages.reduce(0) { $0 + $1.count + 1 } <= bytes.count,
            "messages beyond a limit, or of more bytes than came")
    }

    private static let messageBytes = 1_024

    private struct Messages: Equatable {
        var messages: [[UInt8]] = []
        var isRefused = false
        var isWhole = true
    }

    private static func messages(in bytes: [UInt8], size: Int) -> Messages {
        var reader = DelimitedReader(maximum: messageBytes)
        var found = Messages()
        do {
            for start in stride(from: 0, to: bytes.count, by: size) {
                reader.add(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)]))
                while let message = try reader.next() { found.messages.append(message) }
            }
            found.isWhole = reader.isEmpty
        } catch {
            found.isRefused = true
        }
        return found
    }

    static func checkBodies(_ bytes: [UInt8]) throws {
        if let envelope = try answered({ try SubmissionForm.message(bytes) }) {
            try hold(
                (try? Signed(strict: bytes)) == envelope.message,
                "another transaction is taken than was sent")
        }
        let many = try answered {
            try SubmissionForm.json(ByteBuffer(bytes: bytes), maximum: 10)
        }
        if let many {
            try hold(
                (1...10).contains(many.1.count) && (!many.isOne || many.1.count == 1),
                "more transactions than are taken at once")
        }
        if let actions = try answered({ try SubmissionForm.actions(inOrder: bytes) }) {
            try hold(
                (1...TransactionLimits.actions).contains(actions.count),
                "more actions than a transaction takes")
            for action in actions { try MessageProperties.check(action) }
        }
    }

    static var seeds: [[UInt8]] {
        let world = FuzzWorld.shared
        let queries = [
            "text=red+bike&kind=bike&unit=usd&sort=price&max_price=500&limit=20",
            "lat=40.44&lon=-79.99&radius_m=1500.5&sort=distance&cursor=distance.12.7",
            "from=2026-03-02T12:00:00Z&to=1772500000000&quantity=2&min_standing=500000",
            "module=money,market&account=\(world.names["bea"] ?? "")&from=5",
            "text=%E0%B5%8E%22+OR+title", "red bike", "a\u{0d4e}\" OR *", "12.0.3", "10ab",
        ]
        let bodies = [
            "{\"body\":\"aGFsbG8=\",\"public_key\":\"\(String(repeating: "ab", count: 32))\","
                + "\"signature\":\"\(String(repeating: "cd", count: 64))\"}",
            "{\"public_key\":\"ab\",\"actions\":[{\"money\":{\"transfer\":{\"unit\":\"usd\","
                + "\"to\":\"\(world.names["bea"] ?? "")\",\"amount_minor\":100}}}]}",
            "{\"actions\":{\"market\":{\"withdraw_offer\":{\"offer\":"
                + "\"\(world.names["offer"] ?? "")\"}}},\"memo\":\"x\"}",
            "A text about a bike.\n",
        ]
        let transactions = world.blocks.prefix(3).compactMap { block in
            (try? EntryBody(strict: block.entries[0].body))?.transactions.first?.encoded
        }
        let delimited = transactions.flatMap { message in
            [UInt8(message.count & 0x7f | 0x80), UInt8(message.count >> 7)] + message
        }
        let pictures: [[UInt8]] = [
            [0xFF, 0xD8, 0xFF, 0xE0], [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A],
        ]
        return (queries + bodies).map { Array($0.utf8) } + transactions + [delimited] + pictures
    }
}
