import HTTPTypes
import Hummingbird
import KoinonProtocol
import Logging

/// Names each request, counts it, measures it and logs it.
struct RequestObserver {
    let metrics: ServerMetrics
    let logger: Logger

    /// Calls the request what the client calls it, if it sent a sensible name.
    func name(_ request: Request, _ context: inout KoinonRequestContext) {
        guard let given = request.headers[.requestID], Self.isSensible(given) else { return }
        context.requestID = given
    }

    /// - Parameter start: when the request came.
    func note(
        _ head: inout HTTPResponse, to request: Request, _ context: KoinonRequestContext,
        since start: ContinuousClock.Instant
    ) {
        head.headerFields[.requestID] = context.requestID
        let seconds = start.duration(to: .now).seconds
        // The route, not the path asked for: else anybody could make any number of them.
        let path = context.endpointPath ?? "NotFound"
        metrics.count(
            ServerMetrics.Request(
                method: Self.method(request), path: path, status: head.status.code),
            seconds: seconds)
        logger.debug(
            "request",
            metadata: [
                "request_id": "\(context.requestID)", "method": "\(Self.method(request))",
                "path": "\(request.loggedPath)", "status": "\(head.status.code)",
                "seconds": "\(seconds)", "client": "\(context.client)",
            ])
    }

    /// Goes into a header, a log and problem details.
    private static func isSensible(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                    UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    /// Methods that no route has are one in the counters.
    private static func method(_ request: Request) -> String {
        switch request.method {
        case .get, .head, .post, .put, .delete, .options: request.method.rawValue
        default: "OTHER"
        }
    }
}

extension Request {
    /// The path as logs show it: whoever asks may have written anything, of any length.
    var loggedPath: String { JSONText.harmless(uri.path, atMost: 200) }
}
