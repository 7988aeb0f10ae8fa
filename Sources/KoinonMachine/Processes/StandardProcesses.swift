import KoinonProtocol

/// The processes that new alliances begin with; they are data like every other.
///
/// One JSON file each, beside this one, is their only source and is compiled in;
/// docs/formats/process.md draws and explains them.
public enum StandardProcesses {
    /// To be put into a genesis document: lease, sale, service, licence.
    public static let all: [ProcessDefinition] = [
        LeaseProcess.definition, sale, service, licence,
    ]

    /// Sell a thing: money in escrow, an inspection, then money and ownership in one step.
    public static let sale = definition(PackageResources.sale_json, "sale.json")
    /// Do something for somebody, by the session.
    public static let service = definition(PackageResources.service_json, "service.json")
    /// Let many use knowledge, by time or by use.
    public static let licence = definition(PackageResources.licence_json, "licence.json")

    private static func definition(_ json: [UInt8], _ name: String) -> ProcessDefinition {
        do {
            return try ProcessDefinition(jsonForm: json)
        } catch {
            // The tests read the same bytes, so a build that passed them never gets here.
            preconditionFailure("\(name): \(error)")
        }
    }
}
