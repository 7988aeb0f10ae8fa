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

    package static func < (a: Self, b: Self) -> Bool {
        (a.height, a.leaf, a.index) < (b.height, b.leaf, b.index)
    }
}
