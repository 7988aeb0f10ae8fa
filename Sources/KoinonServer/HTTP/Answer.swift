import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// The forms in which routes answer.
public enum Answer {
    /// JSON text as it stands.
    public static func json(
        _ value: JSONValue, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        bytes(
            ByteBuffer(string: value.text), type: "application/json", status: status,
            headers: headers)
    }

    /// A view: `timeMs` becomes `time_ms`, members in the order of their names.
    ///
    /// - Throws: `EncodingError`, for instance for a number that is none.
    public static func json(
        _ view: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) throws -> Response {
        bytes(
            ByteBuffer(data: try encoder.encode(view)), type: "application/json", status: status,
            headers: headers)
    }

    public static func bytes(
        _ buffer: ByteBuffer, type: String, status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:]
    ) -> Response {
        WholeAnswer(buffer, type: type, status: status, headers: headers).response
    }

    static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}

/// An answer whose body is there as a whole.
struct WholeAnswer: Sendable {
    var head: HTTPResponse
    var body: ByteBuffer

    init(
        _ body: ByteBuffer, type: String, status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:]
    ) {
        head = HTTPResponse(status: status, headerFields: headers)
        head.headerFields[.contentType] = type
        head.headerFields[.contentLength] = String(body.readableBytes)
        if headers[.cacheControl] == nil { head.headerFields[.cacheControl] = "no-store" }
        self.body = body
    }

    init(_ value: JSONValue, status: HTTPResponse.Status = .ok) {
        self.init(ByteBuffer(string: value.text), type: "application/json", status: status)
    }

    var response: Response {
        Response(
            status: head.status, headers: head.headerFields,
            body: ResponseBody(byteBuffer: body))
    }
}
