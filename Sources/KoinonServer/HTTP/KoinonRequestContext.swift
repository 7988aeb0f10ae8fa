import Hummingbird
import NIOCore

/// What a route knows of a request beside the request itself.
public struct KoinonRequestContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    /// In every answer and every line of the log about this request: the client's own, when
    /// it sent a sensible `X-Request-Id`.
    public var requestID: String
    /// The address of the client, without its port; "unknown" when there is no connection.
    public let client: String

    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        requestID = source.logger[metadataKey: "hb.request.id"]?.description ?? "0"
        client = source.channel.remoteAddress?.ipAddress ?? "unknown"
    }
}
