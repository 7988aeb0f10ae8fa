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
        var headers = headers
        headers[.contentType] = type
        if headers[.cacheControl] == nil { headers[.cacheControl] = "no-store" }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: buffer))
    }

    static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
