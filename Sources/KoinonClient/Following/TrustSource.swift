import Foundation
import KoinonLedger
import KoinonProtocol

/// Somebody who shows the chain: a node, believed in nothing that no quorum signed.
public protocol TrustSource: Sendable {
    /// What people call it: its address.
    var name: String { get }

    /// Turns of the chain from a height and an epoch on, and a final header: the text of a
    /// `TrustDocument`.
    func trust(from: Height, epoch: UInt64) async throws -> [UInt8]

    /// What stood at a height in the history of a later block: the text of an `Ancestry`.
    func history(of height: Height, in later: Height) async throws -> [UInt8]
}

/// A node asked by HTTP.
public struct NodeTrustSource: TrustSource {
    private let node: NodeClient
    private let limit: Duration

    /// - Parameter limit: for each answer.
    public init(_ node: NodeClient, limit: Duration = .seconds(10)) {
        self.node = node
        self.limit = limit
    }

    public var name: String { node.address }

    public func trust(from: Height, epoch: UInt64) async throws -> [UInt8] {
        try await node.get(
            "/v1/trust?from=\(from)&epoch=\(epoch)", atMost: TrustDocument.bytesMaximum,
            limit: limit)
    }

    public func history(of height: Height, in later: Height) async throws -> [UInt8] {
        try await node.get(
            "/v1/trust/history/\(height)?in=\(later)", atMost: Ancestry.bytesMaximum, limit: limit)
    }
}
