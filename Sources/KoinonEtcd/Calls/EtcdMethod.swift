import GRPCCore
import SwiftProtobuf

/// A call of etcd's: its name, what it takes and what it gives back.
struct EtcdMethod<Request: Message, Response: Message>: Sendable {
    let descriptor: MethodDescriptor

    private init(_ service: String, _ method: String) {
        descriptor = MethodDescriptor(
            service: ServiceDescriptor(fullyQualifiedService: "etcdserverpb.\(service)"),
            method: method)
    }
}

extension EtcdMethod where Request == EtcdRangeRequest, Response == EtcdRangeResponse {
    static var range: Self { Self("KV", "Range") }
}

extension EtcdMethod where Request == EtcdPutRequest, Response == EtcdPutResponse {
    static var put: Self { Self("KV", "Put") }
}

extension EtcdMethod
where Request == EtcdDeleteRangeRequest, Response == EtcdDeleteRangeResponse {
    static var deleteRange: Self { Self("KV", "DeleteRange") }
}

extension EtcdMethod where Request == EtcdTxnRequest, Response == EtcdTxnResponse {
    static var transaction: Self { Self("KV", "Txn") }
}

extension EtcdMethod where Request == EtcdCompactionRequest, Response == EtcdCompactionResponse {
    static var compact: Self { Self("KV", "Compact") }
}

extension EtcdMethod where Request == EtcdWatchRequest, Response == EtcdWatchResponse {
    static var watch: Self { Self("Watch", "Watch") }
}

extension EtcdMethod where Request == EtcdStatusRequest, Response == EtcdStatusResponse {
    static var status: Self { Self("Maintenance", "Status") }
}
