import Foundation
import KoinonLedger
import KoinonNode
import NIOCore
import NIOPosix
import Testing

@testable import KoinonServer
@testable import TestNodes

@Suite("One transaction a request, over a connection")
struct DirectSubmissionTests {
    private static let path = "/v1/transactions?wait=durable&timeout_ms=300000"

    @Test func `is answered as the router answers it, and counted with its requests`()
        async throws
    {
        try await Live.with { live in
            let envelope = try live.home.member("alfa").sign(.registerKind("bike", title: "A bike"))
            // Nothing about it changes any more.
            _ = try await live.client.submit(envelope, wait: .final, limit: .seconds(300))
            let direct = try await live.exchange(Self.post(envelope), Self.last)
            // Connections that are to end are the router's.
            let routed = try await live.exchange(Self.post(envelope, "Connection: close\r\n"))
            #expect(direct.count == 2 && routed.count == 1)
            #expect(direct[0].status == 200 && direct[0].body.contains("\"status\":\"done\""))
            #expect(direct[0].body == routed[0].body)
            #expect(direct[0].headers == routed[0].headers)
            #expect(Set(direct[0].headers.map(\.name)).isSuperset(of: ["x-request-id", "date"]))
            let metrics = String(decoding: try await live.client.get("/metrics"), as: UTF8.self)
            let count = "requests_total{method=\"POST\",path=\"/v1/transactions\",status=\"200\"} 3"
            #expect(metrics.contains(count), "\(metrics)")
        }
    }

    @Test func `is answered in its place when requests are sent ahead of answers`() async throws {
        try await Live.with { live in
            let alfa = live.home.member("alfa")
            let envelopes = try (0..<3).map {
                try alfa.sign(.registerKind("kind-\($0)", title: "A kind"))
            }
            let status = "GET /v1/status HTTP/1.1\r\nHost: a\r\n\r\n"
            let answers = try await live.exchange(
                Self.post(envelopes[0]), Self.post(envelopes[1]), ByteBuffer(string: status),
                Self.post(envelopes[2]), Self.last)
            #expect(answers.map(\.status) == [200, 200, 200, 200, 200])
            for (answer, id) in zip(answers, envelopes[..<2].map(\.bodyHash.hex)) {
                #expect(answer.body.contains(id))
            }
            #expect(answers[2].body.contains("\"chain\""))
            #expect(answers[3].body.contains(envelopes[2].bodyHash.hex))
            #expect(answers[4].body.contains("live"))
        }
    }

    @Test func `is answered though the client sends no more`() async throws {
        try await Live.with { live in
            let envelope = try live.home.member("alfa").sign(.registerKind("bike", title: "A bike"))
            let answers = try await live.exchange(Self.post(envelope), halfCloses: true)
            #expect(answers.map(\.status) == [200])
        }
    }

    @Test func `is told what is wrong with it under the name that the client gave it`()
        async throws
    {
        try await Live.with { live in
            let answers = try await live.exchange(
                Self.post(Array("abc".utf8), "X-Request-Id: mine-1\r\n"),
                Self.post(Array("abc".utf8), "X-Request-Id: mine-2\r\n", path: Self.path + "0000"),
                Self.last)
            #expect(answers.map(\.status) == [400, 400, 200])
            #expect(answers[0].body.contains("\"field\":\"body\""))
            #expect(answers[1].body.contains("\"field\":\"timeout_ms\""))
            for (number, answer) in answers.prefix(2).enumerated() {
                #expect(answer.headers.contains { $0.value == "application/problem+json" })
                #expect(answer.body.contains("\"request_id\":\"mine-\(number + 1)\""))
            }
        }
    }

    @Test func `counts for its client's rate`() async throws {
        var configuration = ServerConfiguration()
        configuration.limits.requestsPerSecond = 1
        configuration.limits.requestBurst = 3
        try await Live.with(configuration) { live in
            // Many, since one more is allowed for each second that they take.
            var wrong = ByteBuffer()
            for _ in 0..<30 { wrong.writeImmutableBuffer(Self.post(Array("abc".utf8))) }
            let answers = try await live.exchange(wrong, Self.last)
            let last = try #require(answers.dropLast().last)
            #expect(answers.first?.status == 400)
            #expect(last.status == 429)
            #expect(last.headers.contains { $0.name == "retry-after" })
        }
    }

    /// Ends the connection behind all other answers.
    private static let last = ByteBuffer(
        string: "GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    private static func post(_ envelope: Envelope, _ headers: String = "") -> ByteBuffer {
        post(envelope.message.encoded, headers)
    }

    private static func post(
        _ body: [UInt8], _ headers: String = "", path: String = path
    ) -> ByteBuffer {
        var buffer = ByteBuffer(
            string: "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-protobuf\r\n"
                + "Content-Length: \(body.count)\r\n\(headers)\r\n")
        buffer.writeBytes(body)
        return buffer
    }
}

@Suite("The header Date")
struct DateHeaderTests {
    @Test func `has the fixed form of HTTP`() {
        #expect(DateHeader.text(of: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(DateHeader().text.hasSuffix(" GMT"))
    }
}

/// An answer as it came.
private struct RawAnswer {
    struct Header: Hashable {
        var name: String
        var value: String
    }

    var status: Int
    /// Names in lower case; without what differs from answer to answer.
    var headers: Set<Header> = []
    var body: String

    init?(_ text: Substring) {
        guard let end = text.range(of: "\r\n\r\n"), let status = Int(text.prefix(3)) else {
            return nil
        }
        self.status = status
        body = String(text[end.upperBound...])
        for line in text[..<end.lowerBound].components(separatedBy: "\r\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            let name = parts[0].lowercased()
            let varies = ["date", "x-request-id"].contains(name)
            headers.insert(
                Header(
                    name: name,
                    value: varies ? "" : parts[1].trimmingCharacters(in: .whitespaces)))
        }
    }
}

extension Live {
    /// Sends all of it at once over a connection of its own, and reads until the node closes it.
    fileprivate func exchange(
        _ requests: ByteBuffer..., halfCloses: Bool = false
    ) async throws -> [RawAnswer] {
        let port = try #require(URL(string: client.address)?.port)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
        let text = try await channel.executeThenClose { inbound, outbound in
            var all = ByteBuffer()
            for var request in requests { all.writeBuffer(&request) }
            try await outbound.write(all)
            if halfCloses { outbound.finish() }
            var text = ""
            for try await bytes in inbound { text += String(buffer: bytes) }
            return text
        }
        return text.components(separatedBy: "HTTP/1.1 ").dropFirst().compactMap {
            RawAnswer($0[...])
        }
    }
}
