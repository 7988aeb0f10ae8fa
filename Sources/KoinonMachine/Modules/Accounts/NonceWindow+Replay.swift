import KoinonProtocol

/// The anti-replay window of IPsec (RFC 4303 §3.4.3, RFC 6479), 1,024 wide.
///
/// Below the window everything counts as used, so that the row stays small: it keeps
/// the highest nonce and only the gaps inside the window.
extension NonceWindow {
    /// How many nonces, the highest included, are remembered one by one; also how far
    /// above the highest the next may lie.
    public static let width: UInt64 = 1_024

    /// The lowest nonce inside the window.
    private var lowest: UInt64 { highest > Self.width ? highest - Self.width + 1 : 1 }

    /// Whether a transaction may still use the nonce.
    public func isFresh(_ nonce: UInt64) -> Bool {
        if nonce > highest { return nonce - highest <= Self.width }
        return unused.contains { $0.first <= nonce && nonce <= $0.last }
    }

    /// Uses a fresh nonce and moves the window if it is the highest so far.
    mutating func use(_ nonce: UInt64) {
        if nonce > highest {
            if nonce > highest + 1 {
                var gap = NonceRange()
                gap.first = highest + 1
                gap.last = nonce - 1
                unused.append(gap)
            }
            highest = nonce
            dropBelowWindow()
        } else if let index = unused.firstIndex(where: { $0.first <= nonce && nonce <= $0.last }) {
            take(nonce, from: index)
        }
    }

    private mutating func dropBelowWindow() {
        let lowest = lowest
        if let kept = unused.firstIndex(where: { $0.last >= lowest }) {
            unused.removeSubrange(..<kept)
            unused[0].first = max(unused[0].first, lowest)
        } else {
            unused = []
        }
    }

    private mutating func take(_ nonce: UInt64, from index: Int) {
        var below = unused[index]
        var above = unused[index]
        var rest: [NonceRange] = []
        if below.first < nonce {
            below.last = nonce - 1
            rest.append(below)
        }
        if above.last > nonce {
            above.first = nonce + 1
            rest.append(above)
        }
        unused.replaceSubrange(index...index, with: rest)
    }
}
