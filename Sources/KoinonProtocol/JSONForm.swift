import SwiftProtobuf

/// The JSON form for people (docs/formats/json-actions.md): proto3's JSON mapping with
/// the field names of Protos/, except that bytes are never base64. Ids are bech32m text,
/// keys, hashes and signatures hex, and milliseconds may be given as "30min" or as a time.
extension SwiftProtobuf.Message {
    /// Reads the JSON form of one message.
    ///
    /// At most 1 MiB and 32 levels. Unknown and repeated names are refused, lengths of ids,
    /// keys and hashes are checked; what the content means is not.
    ///
    /// - Throws: ``JSONFormFault``, naming the place and the remedy.
    public init(jsonForm bytes: [UInt8]) throws(JSONFormFault) {
        let tree = try JSONParser.parse(bytes)
        let schemas = JSONFormSchemas.shared
        guard let schema = schemas.message(fullName: Self.protoMessageName) else {
            throw JSONPath().fault(
                "cannot be read as \(Self.protoMessageName)", "use a message of Protos/koinon")
        }
        let reader = JSONFormReader(schemas: schemas)
        let wire = try reader.bytes(of: tree, as: schema, at: JSONPath())
        do {
            self = try Self(strict: wire)
        } catch {
            throw JSONPath().fault("cannot be read as \(schema.name)", "\(error)")
        }
    }

    /// The JSON form: fields in ascending number, defaults left out, integers beyond 2^53
    /// as text. Reading it gives the same message again, unless ids or keys have a wrong length.
    ///
    /// - Parameter pretty: one field a line with two spaces a level; otherwise one line.
    public func jsonForm(pretty: Bool = true) -> String {
        let tree = JSONFormWriter.tree(of: self, schemas: JSONFormSchemas.shared)
        return JSONText.write(tree, indented: pretty)
    }
}
