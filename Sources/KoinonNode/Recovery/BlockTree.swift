import KoinonLedger
import KoinonProtocol

/// Headers of one chain's branches, linked by their parents.
public struct BlockTree: Sendable {
    private var headers: [Hash256: BlockHeader] = [:]

    public init() {}

    /// Of headers in any order; those that no chain can hold are left out.
    public init(_ headers: some Sequence<BlockHeader>) {
        for header in headers.sorted(by: { $0.height < $1.height }) { insert(header) }
    }

    public var all: some Collection<BlockHeader> { headers.values }

    public func header(_ hash: Hash256) -> BlockHeader? { headers[hash] }

    /// Whether one may follow the other: heights, members and epochs go on.
    public static func follows(_ header: BlockHeader, _ parent: BlockHeader) -> Bool {
        header.height == parent.height.next && header.chain == parent.chain
            && header.membersHash == parent.nextMembersHash && header.epoch >= parent.epoch
            && header.time >= parent.time
    }

    /// Takes a header, unless its parent is known and it cannot follow it.
    ///
    /// - Returns: false for one that no chain can hold.
    @discardableResult
    public mutating func insert(_ header: BlockHeader) -> Bool {
        if let parent = headers[header.parent], !Self.follows(header, parent) { return false }
        headers[header.hash] = header
        return true
    }

    /// The blocks from one down to the lowest whose header is known.
    public func path(from hash: Hash256) -> some Sequence<(hash: Hash256, header: BlockHeader)> {
        sequence(state: hash) { next in
            guard let header = headers[next] else { return nil }
            defer { next = header.parent }
            return (next, header)
        }
    }

    /// What a branch has at a height at or below its block; nil when that is not known.
    public func ancestor(of hash: Hash256, at height: Height) -> Hash256? {
        for (hash, header) in path(from: hash) {
            if header.height == height { return hash }
            if header.height < height { return nil }
            if header.height == height.next { return header.parent }
        }
        return nil
    }

    /// Whether the first is the second, or is known to stand before it on its branch.
    public func isAncestor(_ one: Hash256, of other: Hash256) -> Bool {
        if one == other { return true }
        guard let header = headers[one] else { return false }
        return ancestor(of: other, at: header.height) == one
    }
}

/// A block by height and hash.
public struct BlockPoint: Hashable, Sendable {
    public var height: Height
    public var hash: Hash256

    public init(height: Height, hash: Hash256) {
        self.height = height
        self.hash = hash
    }

    public init(_ header: BlockHeader) { self.init(height: header.height, hash: header.hash) }
}

/// That somebody attested a block in an epoch; its signature has been checked.
public struct AttestedPoint: Hashable, Sendable {
    public var key: PublicKey
    public var epoch: UInt64
    public var block: BlockPoint

    public init(key: PublicKey, epoch: UInt64, block: BlockPoint) {
        self.key = key
        self.epoch = epoch
        self.block = block
    }
}
