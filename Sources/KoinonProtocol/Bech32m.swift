/// Bech32m text (BIP 350, with the character set and layout of BIP 173): a
/// prefix, "1", the bytes in groups of five bits, and a six-character checksum.
public enum Bech32m {
    private static let characters = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
    private static let values: [UInt8: UInt8] = Dictionary(
        uniqueKeysWithValues: characters.enumerated().map { ($1, UInt8($0)) })
    private static let checksumConstant: UInt32 = 0x2bc8_30a3

    public static func encode(prefix: String, _ bytes: [UInt8]) -> String {
        let data = regroup(bytes, from: 8, to: 5, padding: true) ?? []
        var checksum = polymod(expand(prefix) + data + [0, 0, 0, 0, 0, 0]) ^ checksumConstant
        var tail: [UInt8] = []
        for _ in 0..<6 {
            tail.insert(UInt8(checksum & 31), at: 0)
            checksum >>= 5
        }
        let text = (data + tail).map { characters[Int($0)] }
        return prefix + "1" + String(decoding: text, as: UTF8.self)
    }

    /// Nil for mixed case, a foreign character, a wrong checksum or non-zero padding.
    public static func decode(_ text: String) -> (prefix: String, bytes: [UInt8])? {
        guard let (prefix, groups) = decodeGroups(text),
            let bytes = regroup(groups, from: 5, to: 8, padding: false)
        else { return nil }
        return (prefix, bytes)
    }

    /// The groups of five bits before the checksum, which need not make whole bytes.
    static func decodeGroups(_ text: String) -> (prefix: String, groups: [UInt8])? {
        // Bytes, not characters: a Kelvin sign equals a K as a character.
        let given = Array(text.utf8)
        let capitals = UInt8(ascii: "A")...UInt8(ascii: "Z")
        let smalls = UInt8(ascii: "a")...UInt8(ascii: "z")
        guard given.count <= 90,
            !(given.contains { capitals ~= $0 } && given.contains { smalls ~= $0 })
        else { return nil }
        let lower = given.map { capitals ~= $0 ? $0 + 0x20 : $0 }
        guard let separator = lower.lastIndex(of: UInt8(ascii: "1")), separator >= 1,
            lower.count - separator - 1 >= 6
        else { return nil }
        guard lower[..<separator].allSatisfy({ (33...126).contains($0) }) else { return nil }
        let prefix = String(decoding: lower[..<separator], as: UTF8.self)
        var data: [UInt8] = []
        for character in lower[(separator + 1)...] {
            guard let value = values[character] else { return nil }
            data.append(value)
        }
        guard polymod(expand(prefix) + data) == checksumConstant else { return nil }
        return (prefix, data.dropLast(6))
    }

    private static func expand(_ prefix: String) -> [UInt8] {
        prefix.utf8.map { $0 >> 5 } + [0] + prefix.utf8.map { $0 & 31 }
    }

    private static func polymod(_ values: [UInt8]) -> UInt32 {
        let generators: [UInt32] = [
            0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3,
        ]
        var checksum: UInt32 = 1
        for value in values {
            let top = checksum >> 25
            checksum = (checksum & 0x1ff_ffff) << 5 ^ UInt32(value)
            for bit in 0..<5 where top >> UInt32(bit) & 1 == 1 {
                checksum ^= generators[bit]
            }
        }
        return checksum
    }

    private static func regroup(
        _ input: some Collection<UInt8>, from: Int, to: Int, padding: Bool
    ) -> [UInt8]? {
        var accumulator: UInt32 = 0
        var bits = 0
        var output: [UInt8] = []
        let mask: UInt32 = (1 << UInt32(to)) - 1
        for value in input {
            accumulator = (accumulator << UInt32(from) | UInt32(value)) & 0xfff
            bits += from
            while bits >= to {
                bits -= to
                output.append(UInt8(accumulator >> UInt32(bits) & mask))
            }
        }
        if padding {
            if bits > 0 { output.append(UInt8(accumulator << UInt32(to - bits) & mask)) }
        } else if bits >= from || accumulator << UInt32(to - bits) & mask != 0 {
            return nil
        }
        return output
    }
}
