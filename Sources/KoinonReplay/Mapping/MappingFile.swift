import Foundation

/// Reading of mapping files of any sort.
enum MappingFile {
    private static let maximumBytes = 1024 * 1024

    static func read(_ path: String) throws(MappingFault) -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw MappingFault(
                file: path, path: "",
                message: "it could not be read: \(error.localizedDescription) "
                    + "Check the path and its permissions.")
        }
    }

    /// - Parameters:
    ///   - name: what faults call the file.
    ///   - document: where its keys are described.
    static func decode<Value: Decodable>(
        _ type: Value.Type, _ json: [UInt8], name: String, document: String
    ) throws(MappingFault) -> Value {
        guard json.count <= maximumBytes else {
            throw MappingFault(
                file: name, path: "", message: "it is longer than 1 MiB. Is it a mapping?")
        }
        do {
            return try JSONDecoder().decode(type, from: Data(json))
        } catch {
            var fault: MappingFault
            switch error {
            case let error as MappingFault: fault = error
            case let error as DecodingError: fault = MappingFault(error, document: document)
            default: fault = MappingFault(path: "", message: "\(error)")
            }
            fault.file = name
            throw fault
        }
    }
}
