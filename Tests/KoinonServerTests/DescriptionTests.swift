import Foundation
import Hummingbird
import HummingbirdTesting
import Testing
import Yams

@testable import KoinonServer
@testable import TestNodes

/// docs/openapi.yaml beside the routes that there are.
@Suite("The description of the interface")
struct DescriptionTests {
    private static func document() throws -> [String: Any] {
        let text = try #require(WebFiles.text(at: "openapi.yaml"))
        return try #require(try Yams.load(yaml: text) as? [String: Any])
    }

    /// "GET /v1/status", without pages and what belongs to them.
    private static func routes(of context: ServerContext) -> Set<String> {
        Set(
            API.router(context).routes.filter { "\($0.method)" != "HEAD" }
                .map { "\($0.method) \($0.path)" }.filter(isDescribed))
    }

    private static func isDescribed(_ route: String) -> Bool {
        let path = route.split(separator: " ").last.map(String.init) ?? ""
        return ["/v1/", "/health/", "/metrics", "/openapi.yaml"].contains { path.hasPrefix($0) }
    }

    private static let methods: Set<String> = ["get", "put", "post", "delete", "patch"]

    @Test func `names every route, and none that is not there`() async throws {
        let paths = try #require(try Self.document()["paths"] as? [String: [String: Any]])
        let described = Set(
            paths.flatMap { path, item in
                item.keys.filter { Self.methods.contains($0) }.map { "\($0.uppercased()) \(path)" }
            })
        try await Served.with { served in
            let routes = Self.routes(of: served.context)
            #expect(routes.subtracting(described).isEmpty, "not described")
            #expect(described.subtracting(routes).isEmpty, "described, but not there")
            #expect(routes.count > 15)
        }
    }

    @Test func `says what each path takes, and that problems may come`() throws {
        let paths = try #require(try Self.document()["paths"] as? [String: [String: Any]])
        for (path, item) in paths {
            let names = path.matches(of: /\{(\w+)\}/).map { String($0.1) }
            for (method, value) in item where Self.methods.contains(method) {
                let operation = try #require(value as? [String: Any], "\(method) \(path)")
                #expect(operation["summary"] != nil, "\(method) \(path)")
                let responses = try #require(operation["responses"] as? [String: Any])
                let problems = responses.keys.filter { $0 == "default" || $0.hasPrefix("4") }
                #expect(!problems.isEmpty || path == "/health/live", "\(method) \(path)")
                let parameters = operation["parameters"] as? [[String: Any]] ?? []
                let given = try parameters.map { try Self.resolved($0) }
                    .filter { $0["in"] as? String == "path" }.compactMap { $0["name"] as? String }
                #expect(given == names, "\(method) \(path)")
            }
        }
    }

    @Test func `names every parameter that a query may have, and no other`() throws {
        let paths = try #require(try Self.document()["paths"] as? [String: [String: Any]])
        for (path, item) in paths {
            let operations = item.compactMap { $0.value as? [String: Any] }
            let parameters = operations.flatMap { $0["parameters"] as? [[String: Any]] ?? [] }
            let described = try parameters.map { try Self.resolved($0) }
                .filter { $0["in"] as? String == "query" }.compactMap { $0["name"] as? String }
            #expect(Set(described) == Set(QueryNames.byRoute[path] ?? []), "\(path)")
        }
        #expect(Set(QueryNames.byRoute.keys).isSubset(of: paths.keys))
    }

    private static func resolved(_ value: [String: Any]) throws -> [String: Any] {
        guard let reference = value["$ref"] as? String else { return value }
        var found: Any? = try document()
        for part in reference.dropFirst(2).split(separator: "/") {
            found = (found as? [String: Any])?[String(part)]
        }
        return try #require(found as? [String: Any], "\(reference) leads nowhere")
    }

    @Test func `says that problems may name the time to wait`() throws {
        let problem = try Self.resolved(["$ref": "#/components/responses/Problem"])
        let headers = try #require(problem["headers"] as? [String: [String: Any]])
        for name in ["Retry-After", "Koinon-Height", "Koinon-Final-Height"] {
            #expect(headers[name]?["schema"] != nil, "\(name)")
        }
    }

    @Test func `is served`() async throws {
        try await Served.with { served in
            let answer = try await served.get("/openapi.yaml")
            #expect(answer.headers[.contentType] == "application/yaml")
            #expect(answer.text == WebFiles.text(at: "openapi.yaml"))
        }
    }
}
