/// Inputs made from others by chance, but the same for the same seed: for the properties to
/// be tested without libFuzzer. It knows nothing of what the inputs reach.
public struct SeededMutations: Sendable {
    private var state: UInt64
    private let inputs: [[UInt8]]

    /// - Parameter inputs: at least one.
    public init(seed: UInt64, of inputs: [[UInt8]]) {
        precondition(!inputs.isEmpty, "there is something to change")
        state = seed
        self.inputs = inputs
    }

    /// One of the inputs, changed in one to four places.
    public mutating func next(atMost limit: Int) -> [UInt8] {
        var bytes = any(of: inputs)
        for _ in 0...below(4) { change(&bytes) }
        return Array(bytes.prefix(limit))
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return bytes.append(UInt8(below(256))) }
        let place = below(bytes.count)
        let end = min(bytes.count, place + 1 + below(16))
        switch below(9) {
        case 0: bytes[place] ^= 1 << UInt8(below(8))
        case 1: bytes[place] = any(of: [0, 1, 0x7f, 0x80, 0xff, UInt8(below(256))])
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(contentsOf: bytes[place..<end], at: below(bytes.count))
        case 4: bytes.removeSubrange(place...)
        case 5:
            // From another input at the same height, as texts and messages begin alike.
            let other = any(of: inputs)
            bytes.replaceSubrange(place..., with: other.dropFirst(min(place, other.count)))
        case 6: bytes[place] = any(of: Array("{}[]\",:;0123456789\\untrefals-.+@ \r\n".utf8))
        case 7: replaceNumber(at: place, in: &bytes)
        default:
            let other = any(of: inputs)
            let start = below(max(1, other.count))
            bytes.insert(contentsOf: other[start..<min(other.count, start + 16)], at: place)
        }
    }

    /// The next run of digits becomes a number at which things tend to break.
    private mutating func replaceNumber(at place: Int, in bytes: inout [UInt8]) {
        let digits: ClosedRange<UInt8> = 0x30...0x39
        guard let start = bytes[place...].firstIndex(where: digits.contains) else { return }
        let end = bytes[start...].firstIndex { !digits.contains($0) } ?? bytes.count
        let number = any(of: [
            "0", "1", "-1", "255", "256", "65536", "2147483648", "4294967295", "4294967296",
            "9007199254740993", "9223372036854775807", "9223372036854775808",
            "18446744073709551615", "18446744073709551616", "253402300799999", "1e9", "0.5",
        ])
        bytes.replaceSubrange(start..<end, with: number.utf8)
    }

    private mutating func any<Element>(of elements: [Element]) -> Element {
        elements[below(elements.count)]
    }

    /// SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014).
    private mutating func below(_ bound: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return Int((mixed ^ mixed >> 31) % UInt64(bound))
    }
}
