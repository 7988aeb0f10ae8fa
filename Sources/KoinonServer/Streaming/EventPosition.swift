import KoinonProtocol

/// The place of an event on the ledger, and the id of it in a stream: "HEIGHT.LEAF.INDEX".
package struct EventPosition: Hashable, Comparable, CustomStringConvertible {
    var height: Height
    var leaf: Int
    var index: Int

    package var description: String { "\(height).\(leaf).\(index)" }

    init(height: Height, leaf: Int = 0, index: Int = 0) {
        self.height = height
        self.leaf = leaf
        self.index = index
    }

    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let height = UInt64(parts[0]), height < UInt64(Int64.max),
            let leaf = Int(parts[1]), let index = Int(parts[2]), leaf >= 0, index >= 0,
            index < Int.max
        else { return nil }
        self.init(height: Height(height), leaf: leaf, index: index)
    }

    /// Behind what a reader has: the id of an event, or the height of a block of which it has
    /// everything.
    package init?(behind id: String) {
        if let height = UInt64(id), height < UInt64(Int64.max) {
            self.init(height: Height(height).next)
        } else {
            self.init(id)
            index += 1
        }
    }

    /// What ``init(behind:)`` takes for this position; nil within a block, where only an event
    /// has an id, and before the first block.
    package var idBefore: String? {
        guard height > .genesis, leaf == 0, index == 0 else { return nil }
        return "\(height.rawValue - 1)"
    }

    package static func < (a: Self, b: Self) -> Bool {
        (a.height, a.leaf, a.index) < (b.height, b.leaf, b.index)
    }
}
