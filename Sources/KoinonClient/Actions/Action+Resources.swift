import Foundation
import KoinonLedger
import KoinonProtocol

/// What can be shared.
extension Action {
    private static func resources(_ action: ResourcesAction.OneOf_Action) -> Action {
        Action.with { $0.resources.action = action }
    }

    /// By a member's account.
    public static func registerKind(_ kind: String, title: String) -> Action {
        resources(
            .registerKind(
                .with {
                    $0.kind = kind
                    $0.title = title
                }))
    }

    /// Its id is ``TransactionBuilder/nextID(ofAction:)`` as a `ResourceID`.
    ///
    /// - Parameters:
    ///   - capacity: how many can be used at the same time.
    ///   - serial: unique among the resources that the sender registers, or "".
    ///   - descriptionHash: SHA-256 of a description kept off the ledger.
    public static func registerResource(
        kind: String, title: String, capacity: UInt32 = 1, serial: String = "",
        descriptionHash: Hash256? = nil
    ) -> Action {
        resources(
            .registerResource(
                .with {
                    $0.kind = kind
                    $0.title = title
                    $0.capacity = capacity
                    $0.serial = serial
                    if let descriptionHash { $0.descriptionHash = Data(descriptionHash.bytes) }
                }))
    }

    /// By the owner; title, capacity and description are all replaced.
    public static func updateResource(
        _ resource: ResourceID, title: String, capacity: UInt32, descriptionHash: Hash256? = nil
    ) -> Action {
        resources(
            .updateResource(
                .with {
                    $0.resource = Data(resource.bytes)
                    $0.title = title
                    $0.capacity = capacity
                    if let descriptionHash { $0.descriptionHash = Data(descriptionHash.bytes) }
                }))
    }

    public static func transferResource(_ resource: ResourceID, to account: AccountID) -> Action {
        resources(
            .transferResource(
                .with {
                    $0.resource = Data(resource.bytes)
                    $0.to = Data(account.bytes)
                }))
    }

    /// By the owner or a member's account.
    ///
    /// - Parameter evidenceHash: SHA-256 of the evidence, which is kept off the ledger.
    public static func reportStolen(_ resource: ResourceID, evidenceHash: Hash256) -> Action {
        resources(
            .reportStolen(
                .with {
                    $0.resource = Data(resource.bytes)
                    $0.evidenceHash = Data(evidenceHash.bytes)
                }))
    }

    /// By the account that reported it.
    public static func reportRecovered(_ resource: ResourceID) -> Action {
        resources(.reportRecovered(.with { $0.resource = Data(resource.bytes) }))
    }

    public static func retireResource(_ resource: ResourceID) -> Action {
        resources(.retireResource(.with { $0.resource = Data(resource.bytes) }))
    }
}
