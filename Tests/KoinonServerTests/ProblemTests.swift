import Foundation
import Hummingbird
import HummingbirdTesting
import KoinonLedger
import KoinonNode
import KoinonProtocol
import Testing

@testable import KoinonServer
@testable import TestNodes

@Suite("Problems")
struct ProblemTests {
    @Test func `tell of a path that is not there`() async throws {
        try await Served.with { served in
            let answer = try await served.get("/v1/nothing")
            #expect(answer.status == .notFound)
            #expect(answer.headers[.contentType] == "application/problem+json")
            let problem = try answer.json
            #expect(problem["code"] as? String == "noSuchPath")
            #expect(problem["status"] as? Int == 404)
            #expect(problem["remedy"] as? String != nil)
            #expect(problem["request_id"] as? String != nil)
        }
    }

    @Test func `have codes that the documentation lists`() throws {
        let package = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(
            contentsOf: package.appending(path: "docs/http-api.md"), encoding: .utf8)
        let sources = package.appending(path: "Sources/KoinonServer").path
        let files = try #require(FileManager.default.enumerator(atPath: sources))
            .compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }
        var codes: Set<String> = []
        for file in files {
            let text = try String(contentsOfFile: "\(sources)/\(file)", encoding: .utf8)
            for found in text.matches(of: /(?:\bcode: |unready\(\s*)"([A-Za-z]+)"/) {
                codes.insert(String(found.1))
            }
        }
        #expect(codes.count > 25)
        for code in codes.sorted() { #expect(page.contains("`\(code)`"), "\(code)") }
    }

    @Test func `quote of a request neither controls nor much`() async throws {
        try await Served.with { served in
            let long = String(repeating: "x", count: 5_000)
            for path in [
                "/v1/blocks?limit=%1b%5B31m\(long)", "/v1/state/%1b%5B31m\(long)",
                "/v1/transactions/prepare/%1b\(long)",
            ] {
                let answer = try await served.get(path)
                #expect(answer.status.code >= 400)
                #expect(answer.body.readableBytes < 2_000, "\(answer.text)")
                #expect(!answer.text.contains("\\u001b") && !answer.text.contains("\u{1b}"))
            }
        }
        let verdict = Verdict(
            .zero,
            .executed(
                Height(1), leaf: 0,
                Receipt.with {
                    $0.code = 407
                    $0.detail = "\u{1b}[2J\u{202e}" + String(repeating: "y", count: 60_000)
                }))
        let meaning = try #require(verdict.meaning)
        #expect(meaning.contains("\u{fffd}[2J\u{fffd}yyy") && meaning.hasSuffix("y…"))
        #expect(meaning.utf8.count < 300)
    }

    @Test func `name a parameter that the path does not take, and those that it does`()
        async throws
    {
        try await Served.with { served in
            let hash = String(repeating: "0", count: 64)
            for (path, field, remedy) in [
                ("/v1/offers?txt=boat", "txt", "leave it out: the path takes cursor, limit"),
                ("/v1/blocks?limit=1&Form=3", "Form", "write from if you meant that"),
                ("/v1/blocks?", nil, ""), ("/v1/blocks?limit=1&", nil, ""),
                ("/v1/status?full", "full", "leave it out: the path takes no parameters"),
                ("/v1/content/\(hash)?locl=true", "locl", "write local if you meant that"),
                ("/explorer?utm_source=letter", nil, ""), ("/health/live?now=1", nil, ""),
            ] as [(String, String?, String)] {
                let answer = try await served.get(path)
                guard let field else {
                    #expect(answer.status == .ok, "\(path)")
                    continue
                }
                #expect(answer.status == .badRequest, "\(path)")
                let problem = try answer.json
                #expect(problem["code"] as? String == "badField")
                #expect(problem["field"] as? String == field)
                let told = try #require(problem["remedy"] as? String)
                #expect(told.hasPrefix(remedy), "\(told)")
            }
            let sent = try await served.post(
                "/v1/transactions?wiat=final", "", type: "application/x-protobuf")
            #expect(try sent.json["field"] as? String == "wiat")
        }
    }

    @Test func `name the methods that a path takes`() async throws {
        try await Served.with { served in
            let answer = try await served.post("/v1/status", "")
            #expect(answer.status == .methodNotAllowed)
            #expect(answer.headers[.allow] == "GET, HEAD")
            #expect(try answer.json["code"] as? String == "methodNotAllowed")
        }
    }
}

@Suite("The state of a node")
struct HealthTests {
    @Test func `is told to those who watch it`() async throws {
        try await Served.with { served in
            #expect(try await served.get("/health/live").status == .ok)
            #expect(try await served.get("/health/ready").status == .ok)
            let status = try await served.get("/v1/status").json
            #expect(status["height"] as? Int == 0)
            #expect(status["alliance"] as? String == "A test alliance")
            #expect(status["chain"] as? String == served.home.chain.hex)
        }
    }

    @Test func `stops being ready when the node stops`() async throws {
        try await Served.with { served in
            served.node.stop()
            let answer = try await served.get("/health/ready")
            #expect(answer.status == .serviceUnavailable)
            #expect(answer.headers[.retryAfter] == "5")
        }
    }
}
