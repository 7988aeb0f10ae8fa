import KoinonProtocol
import SwiftProtobuf

/// What holds of every message that the strict decoder takes.
enum MessageProperties {
    /// Decodes; whatever is taken is written in one form, which reads the same again, and its
    /// JSON form can be made and, when it is read, gives the same message.
    static func decode<M: SwiftProtobuf.Message & Equatable>(
        _ type: M.Type, _ bytes: [UInt8]
    ) throws(Violation) -> M? {
        guard let message = try taken({ () throws(MessageFault) in try M(strict: bytes) }) else {
            return nil
        }
        try check(message)
        return message
    }

    /// As ``decode(_:_:)``, for messages that have no JSON form.
    static func decodeBinary<M: SwiftProtobuf.Message & Equatable>(
        _ type: M.Type, _ bytes: [UInt8]
    ) throws(Violation) -> M? {
        guard let message = try taken({ () throws(MessageFault) in try M(strict: bytes) }) else {
            return nil
        }
        try checkBinary(message)
        return message
    }

    private static func checkBinary<M: SwiftProtobuf.Message & Equatable>(
        _ message: M
    ) throws(Violation) {
        let encoded = message.encoded
        let again: M
        do { again = try M(strict: encoded) } catch {
            throw Violation("\(M.protoMessageName): what was written is not read: \(error)")
        }
        try hold(again == message, "\(M.protoMessageName): changes when written and read again")
        try hold(
            again.encoded == encoded, "\(M.protoMessageName): is written in more than one form")
    }

    static func check<M: SwiftProtobuf.Message & Equatable>(_ message: M) throws(Violation) {
        try checkBinary(message)
        let text = message.jsonForm()
        // Ids, keys and enums that no honest client sends come out readable and are refused.
        guard
            let read = try taken({ () throws(JSONFormFault) in
                try M(jsonForm: Array(text.utf8))
            })
        else { return }
        try hold(read == message, "\(M.protoMessageName): its JSON form reads otherwise")
        try hold(
            read.jsonForm() == text, "\(M.protoMessageName): its JSON form is written otherwise")
    }
}
