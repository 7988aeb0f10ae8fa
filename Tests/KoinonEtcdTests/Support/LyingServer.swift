import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2
import GRPCProtobuf
import SwiftProtobuf
import Synchronization
import Testing

@testable import KoinonEtcd

/// Stands between a node and etcd, and says what it likes.
final class LyingServer: RegistrableRPCService, Sendable {
    /// What it does to the truth.
    struct Lies: Sendable {
        /// Keys that ranges do not show.
        var hidden: Set<[UInt8]> = []
        /// So many of the next answers are the one before.
        var staleAnswers = 0
        /// Each change is told twice, with the oldest behind.
        var repeatsEvents = false
        /// No change is told.
        var isSilent = false
    }

    private struct State {
        var lies = Lies()
        var last: EtcdTxnResponse?
        var oldest: EtcdEvent?
    }

    private let upstream: EtcdClient
    private let state = Mutex(State())

    /// - Parameter member: with whose certificate it speaks to etcd.
    init(before servers: EtcdServers, as member: String) throws {
        upstream = try EtcdClient(servers.address(of: member), folder: servers.folder)
    }

    deinit { upstream.close() }

    func lie(_ change: (inout Lies) -> Void) { state.withLock { change(&$0.lies) } }

    /// Answers at a free port as long as `body` takes, which gets host and port.
    func serving(
        _ servers: EtcdServers, _ body: (String) async throws -> Void
    ) async throws {
        let file = { (name: String) in servers.folder.appending(path: name).path }
        let transport = HTTP2ServerTransport.Posix(
            address: .ipv4(host: "127.0.0.1", port: 0),
            transportSecurity: .mTLS(
                certificateChain: [.file(path: file("server.pem"), format: .pem)],
                privateKey: .file(path: file("server-key.pem"), format: .pem)
            ) { tls in
                tls.trustRoots = .certificates([.file(path: file("ca.pem"), format: .pem)])
            })
        let server = GRPCServer(transport: transport, services: [self])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.serve() }
            let port = try #require(try await server.listeningAddress?.ipv4?.port)
            try await body("127.0.0.1:\(port)")
            server.beginGracefulShutdown()
            group.cancelAll()
            while await group.nextResult() != nil {}
        }
    }

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        register(EtcdMethod<EtcdTxnRequest, EtcdTxnResponse>.transaction, with: &router) {
            try await self.transaction($0)
        }
        register(EtcdMethod<EtcdRangeRequest, EtcdRangeResponse>.range, with: &router) {
            try await self.upstream.call(.range, $0)
        }
        let watch = EtcdMethod<EtcdWatchRequest, EtcdWatchResponse>.watch
        router.registerHandler(
            forMethod: watch.descriptor, deserializer: ProtobufDeserializer<EtcdWatchRequest>(),
            serializer: ProtobufSerializer<EtcdWatchResponse>()
        ) { request, _ in
            var messages = request.messages.makeAsyncIterator()
            let first = try await messages.next() ?? EtcdWatchRequest()
            return StreamingServerResponse { writer in
                let (told, teller) = AsyncStream.makeStream(of: EtcdWatchResponse.self)
                let watching = Task {
                    try await self.upstream.connection.watch(first) { teller.yield($0) }
                    teller.finish()
                }
                defer { watching.cancel() }
                for await message in told {
                    for message in self.twisted(message) { try await writer.write(message) }
                }
                return [:]
            }
        }
    }

    private func register<Request: Message, Response: Message, Transport: ServerTransport>(
        _ method: EtcdMethod<Request, Response>, with router: inout RPCRouter<Transport>,
        _ handler: @escaping @Sendable (Request) async throws -> Response
    ) {
        router.registerHandler(
            forMethod: method.descriptor, deserializer: ProtobufDeserializer<Request>(),
            serializer: ProtobufSerializer<Response>()
        ) { request, _ in
            var messages = request.messages.makeAsyncIterator()
            let answer = try await handler(try await messages.next() ?? Request())
            return StreamingServerResponse(single: ServerResponse(message: answer))
        }
    }

    private func transaction(_ request: EtcdTxnRequest) async throws -> EtcdTxnResponse {
        let isListing = request.compare.isEmpty
        let old = state.withLock { state -> EtcdTxnResponse? in
            guard isListing, state.lies.staleAnswers > 0, let last = state.last else { return nil }
            state.lies.staleAnswers -= 1
            return last
        }
        if let old { return old }
        var answer = try await upstream.call(.transaction, request)
        guard isListing else { return answer }
        return state.withLock { state in
            for index in answer.responses.indices {
                answer.responses[index].responseRange.kvs.removeAll {
                    state.lies.hidden.contains(Array($0.key))
                }
            }
            state.last = answer
            return answer
        }
    }

    private func twisted(_ message: EtcdWatchResponse) -> [EtcdWatchResponse] {
        state.withLock { state in
            guard !message.events.isEmpty else { return [message] }
            if state.lies.isSilent { return [] }
            if state.oldest == nil { state.oldest = message.events.first }
            guard state.lies.repeatsEvents, let oldest = state.oldest else { return [message] }
            var again = message
            again.events = message.events.reversed() + [oldest]
            return [message, again]
        }
    }
}
