import Hummingbird
import KoinonMachine
import KoinonProtocol

/// What the index finds.
struct SearchRoutes {
    let context: ServerContext

    func add(to router: Router<KoinonRequestContext>) {
        router.getApart("/v1/search/offers") { request, requestContext in
            let query = try OfferQuery(Query(request, requestContext))
            return try Answer.json(context.requireIndex().search(query))
        }
        router.getApart("/v1/search/requests") { request, requestContext in
            let query = try RequestQuery(Query(request, requestContext))
            return try Answer.json(context.requireIndex().search(query))
        }
        router.getApart("/v1/lookup") { request, requestContext in
            guard let text = Query(request, requestContext).text("q") else {
                throw Problem.badField("q", "is missing", remedy: "say what to look for")
            }
            guard text.utf8.count <= SearchIndex.maximumLookupBytes else {
                throw Problem.badField(
                    "q", "is longer than \(SearchIndex.maximumLookupBytes) bytes",
                    remedy: "say less")
            }
            return try Answer.json(context.requireIndex().lookup(text))
        }
        router.getApart("/v1/statistics") { request, requestContext in
            let hours = try Query(request, requestContext)
                .number("hours", 1...StatisticsView.maximumHours, default: 24)
            return try Answer.json(context.requireIndex().statistics(hours: hours))
        }
        router.getApart("/v1/index") { _, _ in
            let index = try context.requireIndex()
            let height = try index.height()
            let (tip, finalHeight) = context.node.look { ($0.height, $0.finalHeight) }
            return Answer.json(
                .answer(
                    at: tip, final: finalHeight,
                    [
                        ("index_height", .number(height)),
                        ("rebuilding", .bool(index.isRebuilding)),
                    ]))
        }
    }
}

extension OfferQuery {
    /// From the query of a URL; each wrong parameter is named.
    public init(_ query: Query) throws {
        self.init()
        text = try query.words()
        kind = try query.slug("kind")
        unit = try query.slug("unit")
        process = try query.slug("process")
        platform = try query.slug("platform")
        near = try query.circle()
        window = try Self.answering {
            try Self.window(
                from: query.time("from")?.milliseconds, until: query.time("to")?.milliseconds)
        }
        quantity = UInt64(try query.number("quantity", 1...1_000_000, default: 1))
        maximumPrice = try query.unsigned("max_price")
        minimumStandingPpm = try query.unsigned("min_standing", most: 1_000_000).map { UInt32($0) }
        sort = try query.choice("sort", default: .relevance)
        limit = try query.limit()
        if let text = query.text("cursor") {
            guard let cursor = Cursor(text: text), cursor.sort == sort else {
                throw Query.badCursor
            }
            self.cursor = cursor
        }
        try Self.answering { try check() }
    }

    /// Makes what does not go together a problem that names the parameter.
    fileprivate static func answering<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let contradiction as Contradiction {
            throw Problem(contradiction)
        }
    }
}

extension Problem {
    fileprivate init(_ contradiction: OfferQuery.Contradiction) {
        self =
            switch contradiction {
            case .priceWithoutUnit:
                .badField(
                    "unit", "prices of different units do not compare",
                    remedy: "name the unit; /v1/units lists them")
            case .distanceWithoutPlace:
                .badField("lat", "a distance needs a place", remedy: "give lat and lon")
            case .radiusWithoutPlace:
                .badField("radius_m", "a radius needs a place", remedy: "give lat and lon")
            case .onlyHalfAPlace(let missing):
                .badField(missing, "is missing", remedy: "give lat and lon, or neither")
            case .noWindow(let name):
                .badField(
                    name, "a time needs a beginning and a later end",
                    remedy: "give from and to, or neither")
            }
    }
}

extension RequestQuery {
    /// From the query of a URL; each wrong parameter is named.
    package init(_ query: Query) throws {
        self.init()
        text = try query.words()
        kind = try query.slug("kind")
        near = try query.circle()
        before = try query.position()
        limit = try query.limit()
    }
}

extension Query {
    /// What to look for in words; nil when there are none.
    fileprivate func words() throws -> String? {
        let text = text("text")
        if let text, text.utf8.count > SearchText.maximumBytes {
            throw Problem.badField(
                "text", "is longer than \(SearchText.maximumBytes) bytes", remedy: "use fewer words"
            )
        }
        return text
    }

    fileprivate func circle() throws -> OfferQuery.Circle? {
        let latitude = try decimal("lat", -90...90)
        let longitude = try decimal("lon", -180...180)
        let radius = try decimal("radius_m", 0...GeoMath.maximumRadius)
        return try OfferQuery.answering {
            try OfferQuery.Circle(latitude: latitude, longitude: longitude, radius: radius)
        }
    }
}
