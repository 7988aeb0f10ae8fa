import KoinonProtocol

/// The `lease` process, which new alliances begin with: book, accept, start, finish, settle.
///
/// It is data like every process. `lease.json` beside this file is its one source and
/// is compiled in; docs/formats/process.md draws and explains it.
public enum LeaseProcess {
    /// The JSON form of its ``ProcessDefinition``, as in lease.json.
    public static var json: String { String(decoding: PackageResources.lease_json, as: UTF8.self) }

    /// The definition, to be put into a genesis document.
    public static let definition: ProcessDefinition = {
        do {
            return try ProcessDefinition(jsonForm: PackageResources.lease_json)
        } catch {
            // The tests read the same bytes, so a build that passed them never gets here.
            preconditionFailure("lease.json: \(error)")
        }
    }()
}
