import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2
import GRPCProtobuf
import KoinonNode
import SwiftProtobuf
import Synchronization
import Testing

@testable import KoinonEtcd

/// Stands between a node and etcd, and says what it likes.
final class LyingServer: RegistrableRPCService, Sendable {
    /// What it does to the truth.
    struct Lies: Sendable {
        /// Keys that ranges do not show.
        var hides: @Sendable ([UInt8]) -> Bool = { _ in false }
        /// So many of the next answers are the one before.
        var staleAnswers = 0
        /// Every second answer is the one before.
        var repeatsAnswers = false
        /// What is in an answer stands there backwards.
        var reordersAnswers = false
        /// Of two entries by different authors that are new each is said to have the other's
        /// place.
        var swapsPlaces = false
        /// Each change is told twice, with the oldest behind.
        var repeatsEvents = false
        /// No change is told.
        var isSilent = false
    }

    private struct State {
        var lies = Lies()
        var last: EtcdTxnResponse?
        var oldest: EtcdEvent?
        var answers = 0
        var told = 0

        /// The answer before, when it is to be told once more.
        mutating func old(_ request: EtcdTxnRequest) -> EtcdTxnResponse? {
            answers += 1
            guard let last, last.responses.count == request.success.count else { return nil }
            if lies.staleAnswers > 0 {
                lies.staleAnswers -= 1
                return last
            }
            return lies.repeatsAnswers && answers.isMultiple(of: 2) ? last : nil
        }
    }

    private let upstream: EtcdClient
    private let state = Mutex(State())

    /// - Parameter address: of the true servers, and as whom it speaks to them.
    init(before address: EtcdAddress, in folder: URL) throws {
        upstream = try EtcdClient(address, folder: folder)
    }

    /// - Parameter member: with whose certificate it speaks to etcd.
    convenience init(before servers: EtcdServers, as member: String) throws {
        try self.init(before: servers.address(of: member), in: servers.folder)
    }

    deinit { upstream.close() }

    func lie(_ change: (inout Lies) -> Void) { state.withLock { change(&$0.lies) } }

    /// How many lies it has told.
    var told: Int { state.withLock { $0.told } }

    /// Answers at a free port as long as `body` takes, which gets host and port.
    func serving(
        _ servers: EtcdServers, _ body: (String) async throws -> Void
    ) async throws {
        try await serving(as: "server", in: servers.folder, body)
    }

    /// - Parameter name: of the certificate that it shows, and of its key, in `folder`.
    func serving(
        as name: String, in folder: URL, _ body: (String) async throws -> Void
    ) async throws {
        let file = { (name: String) in folder.appending(path: name).path }
        let transport = HTTP2ServerTransport.Posix(
            address: .ipv4(host: "127.0.0.1", port: 0),
            transportSecurity: .mTLS(
                certificateChain: [.file(path: file("\(name).pem"), format: .pem)],
                privateKey: .file(path: file("\(name)-key.pem"), format: .pem)
            ) { tls in
                tls.trustRoots = .certificates([.file(path: file("ca.pem"), format: .pem)])
            })
        let server = GRPCServer(transport: transport, services: [self])
        // Of no group and never cancelled, also not with a test that fails: cancelled, it would
        // drop streams that its clients have just opened, which stops the process. It ends by
        // itself once they are gone.
        Task { try await server.serve() }
        defer { server.beginGracefulShutdown() }
        let port = try #require(try await server.listeningAddress?.ipv4?.port)
        try await body("127.0.0.1:\(port)")
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
                // When the client goes, or the server is to end.
                return try await withRPCCancellationHandler {
                    for await message in told {
                        for message in self.twisted(message) { try await writer.write(message) }
                    }
                    return [:]
                } onCancelRPC: {
                    teller.finish()
                }
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
        if isListing, let old = state.withLock({ $0.old(request) }) {
            state.withLock { $0.told += 1 }
            return old
        }
        let answer = try await upstream.call(.transaction, request)
        guard isListing else { return answer }
        return state.withLock { state in
            var twisted = answer
            for index in twisted.responses.indices {
                twisted.responses[index].responseRange.kvs.removeAll {
                    state.lies.hides(Array($0.key))
                }
                if state.lies.reordersAnswers, !twisted.responses[index].responseRange.more {
                    twisted.responses[index].responseRange.kvs.reverse()
                }
            }
            if state.lies.swapsPlaces { Self.swapPlaces(&twisted) }
            if twisted != answer { state.told += 1 }
            state.last = twisted
            return twisted
        }
    }

    /// Of the first entries of two authors.
    private static func swapPlaces(_ answer: inout EtcdTxnResponse) {
        let lanes = answer.responses.indices.dropFirst().filter {
            !answer.responses[$0].responseRange.kvs.isEmpty
        }
        guard lanes.count >= 2 else { return }
        let places = lanes.prefix(2).map {
            answer.responses[$0].responseRange.kvs[0].createRevision
        }
        for (lane, place) in zip(lanes, places.reversed()) {
            answer.responses[lane].responseRange.kvs[0].createRevision = place
            answer.responses[lane].responseRange.kvs[0].modRevision = place
        }
    }

    private func twisted(_ message: EtcdWatchResponse) -> [EtcdWatchResponse] {
        state.withLock { state in
            guard !message.events.isEmpty else { return [message] }
            if state.lies.isSilent {
                state.told += 1
                return []
            }
            if state.oldest == nil { state.oldest = message.events.first }
            guard state.lies.repeatsEvents, let oldest = state.oldest else { return [message] }
            state.told += 1
            var again = message
            again.events = message.events.reversed() + [oldest]
            return [message, again]
        }
    }
}
