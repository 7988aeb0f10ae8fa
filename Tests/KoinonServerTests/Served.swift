import Foundation
import Hummingbird
import HummingbirdTesting
import KoinonNode
import Logging
import NIOCore
import Testing

@testable import KoinonServer
@testable import TestNodes

/// A node on a home of its own that answers requests in this process.
struct Served {
    let home: TestHome
    let node: Node
    let context: ServerContext
    let client: any TestClientProtocol

    /// Runs node and router as long as `body` takes.
    ///
    /// - Parameter preparing: adds what the router needs beside the node.
    static func with<Value: Sendable>(
        _ configuration: ServerConfiguration = ServerConfiguration(),
        home: TestHome? = nil,
        preparing prepare: @Sendable (inout ServerContext, TestHome) throws -> Void = { _, _ in },
        _ body: @Sendable (Served) async throws -> Value
    ) async throws -> Value {
        let home = try home ?? TestHome()
        var configuration = configuration
        // Tests ask for minutes, which a slow machine may need.
        configuration.limits.waitMilliseconds = 600_000
        return try await home.running { [configuration] node in
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            var context = ServerContext(
                node: node, configuration: configuration, logger: logger)
            try prepare(&context, home)
            let application = Application(router: API.router(context), logger: logger)
            return try await application.test(.router) { [context] client in
                try await body(Served(home: home, node: node, context: context, client: client))
            }
        }
    }

    func get(_ uri: String, headers: HTTPFields = [:]) async throws -> TestResponse {
        try await client.execute(uri: uri, method: .get, headers: headers) { $0 }
    }

    func post(
        _ uri: String, _ body: String, type: String = "application/json"
    ) async throws -> TestResponse {
        try await client.execute(
            uri: uri, method: .post, headers: [.contentType: type],
            body: ByteBuffer(string: body)
        ) { $0 }
    }
}

extension TestResponse {
    var text: String { String(buffer: body) }

    /// The body as JSON.
    var json: [String: Any] {
        get throws {
            try #require(
                try JSONSerialization.jsonObject(with: Data(buffer: body)) as? [String: Any],
                "\(text)")
        }
    }
}
