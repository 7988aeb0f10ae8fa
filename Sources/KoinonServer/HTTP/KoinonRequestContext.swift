import Hummingbird
import KoinonProtocol
import NIOCore

/// What a route knows of a request beside the request itself.
public struct KoinonRequestContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    /// In every answer and every line of the log about this request: the client's own, when
    /// it sent a sensible `X-Request-Id`.
    public var requestID: String
    /// The address of the client, as it is counted; "unknown" when there is no connection.
    public let client: String
    /// The connection; its end may be asked for, nothing be written to it.
    let channel: any Channel

    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        // One question to the system for all eight bytes.
        requestID = withUnsafeBytes(of: UInt64.random(in: .min ... .max)) { Hex.encode($0) }
        channel = source.channel
        client = source.channel.remoteAddress?.client ?? "unknown"
    }
}
