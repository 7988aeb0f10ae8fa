import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Synchronization
import Testing

@testable import KoinonServer
@testable import TestNodes

@Suite("What every request passes through")
struct MiddlewareTests {
    @Test func `gives each request an id, or keeps the client's`() async throws {
        try await Served.with { served in
            let one = try await served.get("/v1/status").headers[.requestID]
            let two = try await served.get("/v1/status").headers[.requestID]
            #expect(one != nil && one != two)
            let own = try await served.get("/v1/nothing", headers: [.requestID: "mine-1"])
            #expect(own.headers[.requestID] == "mine-1")
            #expect(try own.json["request_id"] as? String == "mine-1")
            let bad = try await served.get(
                "/v1/status", headers: [.requestID: String(repeating: "a", count: 65)])
            #expect(bad.headers[.requestID]?.count != 65)
        }
    }

    @Test func `keeps browsers from doing more with answers than is meant`() async throws {
        try await Served.with { served in
            let headers = try await served.get("/v1/status").headers
            #expect(headers[.xContentTypeOptions] == "nosniff")
            #expect(headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
            #expect(headers[.strictTransportSecurity] == nil)
            let page = try await served.get("/help").headers[.contentSecurityPolicy]
            #expect(page?.contains("img-src 'self';") == true)
        }
        var configuration = ServerConfiguration()
        configuration.tls = .init(certificate: "chain.pem", key: "key.pem")
        try await Served.with(configuration) { served in
            let headers = try await served.get("/v1/status").headers
            #expect(headers[.strictTransportSecurity] == "max-age=31536000")
        }
    }

    @Test func `turns away who asks too often, with the time to wait`() async throws {
        var configuration = ServerConfiguration()
        configuration.limits.requestsPerSecond = 1
        configuration.limits.requestBurst = 3
        try await Served.with(configuration) { served in
            var answer = try await served.get("/v1/status")
            #expect(answer.status == .ok)
            // One more becomes free each second, however slow this machine is.
            for _ in 0..<1_000 where answer.status == .ok {
                answer = try await served.get("/v1/status")
            }
            #expect(answer.status == .tooManyRequests)
            #expect(answer.headers[.retryAfter] == "1")
            var page = try await served.get("/help", headers: [.accept: "text/html"])
            for _ in 0..<1_000 where page.status == .ok {
                page = try await served.get("/help", headers: [.accept: "text/html"])
            }
            #expect(page.status == .tooManyRequests)
            #expect(page.headers[.retryAfter] == "1")
            #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            #expect(try await served.get("/health/live").status == .ok)
        }
    }

    @Test func `lets pages of allowed origins read answers, and no others`() async throws {
        var configuration = ServerConfiguration()
        configuration.allowedOrigins = ["https://shop.example"]
        try await Served.with(configuration) { served in
            let good = try await served.get(
                "/v1/status", headers: [.origin: "https://shop.example"])
            #expect(good.headers[.accessControlAllowOrigin] == "https://shop.example")
            let other = try await served.get(
                "/v1/status", headers: [.origin: "https://other.example"])
            #expect(other.headers[.accessControlAllowOrigin] == nil)
            let preflight = try await served.client.execute(
                uri: "/v1/transactions", method: .options,
                headers: [
                    .origin: "https://shop.example", .accessControlRequestMethod: "POST",
                ]
            ) { $0 }
            #expect(preflight.status == .noContent)
            #expect(preflight.headers[.accessControlAllowMethods]?.contains("POST") == true)
            let foreign = try await served.client.execute(
                uri: "/v1/transactions", method: .options,
                headers: [
                    .origin: "https://other.example", .accessControlRequestMethod: "POST",
                ]
            ) { $0 }
            #expect(foreign.headers[.accessControlAllowOrigin] == nil)
            #expect(foreign.headers[.accessControlAllowMethods] == nil)
            // Or a cache would give one origin what another one got.
            #expect(good.headers[.vary] == "Origin" && other.headers[.vary] == "Origin")
            let page = try await served.get("/help", headers: [.origin: "https://shop.example"])
            #expect(page.headers[.vary] == "Accept-Language, Cookie, Origin")
        }
    }

    @Test func `refuses bodies that are too large`() async throws {
        var configuration = ServerConfiguration()
        configuration.limits.bodyBytes = 1_024
        try await Served.with(configuration) { served in
            let answer = try await served.post(
                "/v1/transactions", String(repeating: " ", count: 1_025))
            #expect(answer.status == .contentTooLarge)
            #expect(try answer.json["code"] as? String == "bodyTooLarge")
            let largest = try await served.post(
                "/v1/transactions", String(repeating: " ", count: 1_024))
            #expect(largest.status == .badRequest)
        }
    }
}

@Suite("A client's rate")
struct RateLimiterTests {
    private let start = ContinuousClock.now

    @Test func `fills up to its burst and no further`() {
        let limiter = RateLimiter(perSecond: 10, burst: 5)
        for _ in 0..<5 { #expect(limiter.take(from: "a", at: start) == nil) }
        #expect(limiter.take(from: "a", at: start) == 1)
        #expect(limiter.take(from: "b", at: start) == nil)
        #expect(limiter.take(from: "a", at: start.advanced(by: .milliseconds(100))) == nil)
        #expect(limiter.take(from: "a", at: start.advanced(by: .milliseconds(100))) == 1)
        let later = start.advanced(by: .seconds(3_600))
        for _ in 0..<5 { #expect(limiter.take(from: "a", at: later) == nil) }
        #expect(limiter.take(from: "a", at: later) != nil)
    }

    @Test func `is remembered for a bounded number of addresses`() {
        let limiter = RateLimiter(perSecond: 1, burst: 2)
        for number in 0...RateLimiter.addressesMaximum {
            _ = limiter.take(from: "\(number)", at: start)
        }
        #expect(limiter.count <= RateLimiter.addressesMaximum)
    }

    @Test func `has no bound when none is set`() {
        let limiter = RateLimiter(perSecond: 0, burst: 1)
        for _ in 0..<1_000 { #expect(limiter.take(from: "a", at: start) == nil) }
        #expect(limiter.count == 0)
    }
}

@Suite("A client")
struct ClientAddressTests {
    @Test(arguments: [
        ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
    ])
    func `is an address, or all those that somebody has together`(
        address: String, client: String
    ) throws {
        #expect(try SocketAddress(ipAddress: address, port: 80).client == client)
    }
}

@Suite("A line of the log")
struct JSONLogHandlerTests {
    @Test func `is JSON without secrets`() throws {
        let lines = Mutex<[String]>([])
        var handler = JSONLogHandler(label: "koinon") { line in
            lines.withLock { $0.append(line) }
        }
        handler.logLevel = .trace
        let logger = Logger(label: "koinon") { _ in handler }
        logger.info(
            "a \"quoted\"\nmessage",
            metadata: ["request_id": "r1", "Authorization": "Bearer abc", "api_token": "xyz"])
        let line = try #require(lines.withLock { $0.first })
        #expect(line.hasSuffix("}\n") && !line.dropLast().contains("\n"))
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["message"] as? String == "a \"quoted\"\nmessage")
        #expect(object["level"] as? String == "info")
        #expect(object["request_id"] as? String == "r1")
        #expect(!line.contains("abc") && !line.contains("xyz"))
    }
}
