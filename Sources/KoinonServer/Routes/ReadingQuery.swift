import KoinonMachine
import KoinonProtocol

/// Parameters that the reading routes share.
extension Query {
    /// An id in the path.
    ///
    /// - Throws: ``Problem`` for text that is no id of this kind.
    func id<Kind: IdentifierKind>(_ name: String = "id") throws -> Identifier<Kind> {
        try identifier(path(name), name)
    }

    /// An id in the query; nil when there is none.
    func optionalID<Kind: IdentifierKind>(_ name: String) throws -> Identifier<Kind>? {
        guard let text = text(name) else { return nil }
        return try identifier(text, name)
    }

    private func identifier<Kind: IdentifierKind>(
        _ text: String, _ name: String
    ) throws -> Identifier<Kind> {
        guard let id = Identifier<Kind>(text: text) else {
            throw Problem.badField(
                name, "\"\(text.prefix(80))\" is not of this kind",
                remedy: "such ids begin with \(Kind.textPrefix)1; copy it whole")
        }
        return id
    }

    func limit() throws -> Int {
        try number("limit", 1...PageLimits.maximum, default: PageLimits.standard)
    }

    /// Where the page before ended, in a list of the state.
    func listCursor() throws -> ListCursor? {
        try text("cursor").map { text in
            guard let cursor = ListCursor(text: text) else { throw Self.badCursor }
            return cursor
        }
    }

    /// Where the page before ended, in a list of the index.
    func position() throws -> Int64? {
        try text("cursor").map { text in
            guard let position = SearchIndex.position(cursor: text) else { throw Self.badCursor }
            return position
        }
    }

    static var badCursor: Problem {
        .badField(
            "cursor", "no answer of this list gave it",
            remedy: "give the `next` of the answer before, or leave it out for the beginning")
    }

    /// A moment: milliseconds since 1970, or RFC 3339.
    func time(_ name: String) throws -> Timestamp? {
        try text(name).map { text in
            let number = UInt64(text).map { Timestamp(milliseconds: $0) }
            guard let time = number ?? Timestamp(iso8601: text), time <= .maximum else {
                throw Problem.badField(
                    name, "\"\(text.prefix(40))\" is no moment",
                    remedy: "write 2026-03-02T12:00:00Z or milliseconds since 1970")
            }
            return time
        }
    }

    func unsigned(_ name: String, most: UInt64 = UInt64(Int64.max)) throws -> UInt64? {
        try text(name).map { text in
            guard let number = UInt64(text), number <= most else {
                throw Problem.badField(
                    name, "\"\(text.prefix(40))\" is no whole number up to \(most)",
                    remedy: "write digits only")
            }
            return number
        }
    }

    func decimal(_ name: String, _ range: ClosedRange<Double>) throws -> Double? {
        try text(name).map { text in
            guard let number = Double(text), range.contains(number) else {
                throw Problem.badField(
                    name,
                    "\"\(text.prefix(40))\" is no number from \(range.lowerBound) to \(range.upperBound)",
                    remedy: "write decimals with a point, for instance 40.44")
            }
            return number
        }
    }

    func slug(_ name: String) throws -> String? {
        try text(name).map { text in
            guard Slug.isValid(text) else {
                throw Problem.badField(
                    name, "\"\(text.prefix(40))\" is no name",
                    remedy: "names have 1 to 32 of a-z, 0-9, - . _")
            }
            return text
        }
    }
}

extension Problem {
    /// Something that would be found under this id is not there.
    static func absent(_ what: String, _ id: some CustomStringConvertible) -> Problem {
        .notFound("\(what) \(id)", remedy: "check the id; see /v1/lookup for what there is")
    }
}

extension ServerContext {
    /// The index, for routes that cannot do without.
    func requireIndex() throws -> SearchIndex {
        guard let index else {
            throw Problem(
                status: .serviceUnavailable, code: "noIndex", title: "The node has no index",
                detail: "this node runs without its index, which lists and searches need",
                remedy: "ask another node")
        }
        return index
    }

    /// A view of one thing, or 404.
    func found<View: Codable & Sendable>(
        _ what: String, _ id: some CustomStringConvertible, _ make: (ViewReader) throws -> View?
    ) throws -> Reading<View> {
        let reading = try node.look { reader in try make(reader).map(reader.answer) }
        guard let reading else { throw Problem.absent(what, id) }
        return reading
    }
}
