import HTTPTypes
import Hummingbird
import KoinonNode
import KoinonProtocol
import NIOCore

/// What is wrong with a request, or with the node, as problem details (RFC 9457).
///
/// ```json
/// {"type": "urn:koinon:problem:badField", "title": "A field is wrong", "status": 400,
///  "detail": "limit: 500 is more than 200", "code": "badField", "field": "limit",
///  "remedy": "ask for at most 200", "request_id": "5f0c…"}
/// ```
public struct Problem: Error, Sendable, CustomStringConvertible {
    public var status: HTTPResponse.Status
    /// Stable name for programs.
    public var code: String
    /// The same for every problem with this code.
    public var title: String
    /// What is wrong this time.
    public var detail: String
    /// The part of the request that is wrong, for instance "actions[0].money.transfer.to".
    public var field: String?
    /// What to do.
    public var remedy: String
    /// Seconds after which the same request may succeed.
    public var retryAfter: Int?
    /// For 405: what the path takes.
    public var allow: [String] = []
    /// How far the chain was when the request came, where the ledger has no such thing.
    var absentAt: ChainProgress?

    public init(
        status: HTTPResponse.Status, code: String, title: String, detail: String,
        field: String? = nil, remedy: String, retryAfter: Int? = nil
    ) {
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.field = field
        self.remedy = remedy
        self.retryAfter = retryAfter
    }

    public var description: String { "\(code): \(detail); \(remedy)" }

    /// A parameter, header or member of the body that cannot be taken.
    public static func badField(_ field: String, _ detail: String, remedy: String) -> Problem {
        Problem(
            status: .badRequest, code: "badField", title: "A field is wrong",
            detail: "\(field): \(detail)", field: field, remedy: remedy)
    }

    /// - Parameter what: for instance "block 5".
    public static func notFound(_ what: String, remedy: String) -> Problem {
        Problem(
            status: .notFound, code: "notFound", title: "Nothing is there",
            detail: "\(what): not on this ledger", remedy: remedy)
    }

    /// Detail and field often quote the request: so many scalars of them are told.
    static let detailScalars = 500

    /// For a text that the answer speaks about itself.
    public func value(requestID: String) -> JSONValue {
        func told(_ text: String) -> JSONValue {
            .string(JSONText.harmless(text, atMost: Self.detailScalars))
        }
        var members: [(String, JSONValue)] = [
            ("type", .string("urn:koinon:problem:\(code)")), ("title", .string(title)),
            ("status", .number(status.code)), ("detail", told(detail)),
            ("code", .string(code)),
        ]
        if let field { members.append(("field", told(field))) }
        members.append(("remedy", .string(remedy)))
        members.append(("request_id", .string(requestID)))
        return .object(members)
    }

    /// What the answer's head says of it, to programs and people alike.
    var headers: HTTPFields {
        var headers: HTTPFields = [:]
        if let retryAfter { headers[.retryAfter] = String(retryAfter) }
        if !allow.isEmpty { headers[.allow] = allow.joined(separator: ", ") }
        if let absentAt {
            headers[.koinonHeight] = "\(absentAt.height)"
            headers[.koinonFinalHeight] = "\(absentAt.finalHeight)"
        }
        return headers
    }

    func answer(requestID: String) -> WholeAnswer {
        WholeAnswer(
            ByteBuffer(string: value(requestID: requestID).text),
            type: "application/problem+json", status: status, headers: headers)
    }

    public func response(requestID: String) -> Response { answer(requestID: requestID).response }
}

extension Problem: HTTPResponseError {
    public func response(from request: Request, context: some RequestContext) -> Response {
        response(requestID: (context as? KoinonRequestContext)?.requestID ?? context.id)
    }
}
