/// Reed–Solomon codes over GF(2^8) with the polynomial 0x11d, as QR codes use them.
enum ReedSolomon {
    static func correction(of data: [UInt8], count: Int) -> [UInt8] {
        let divisor = divisor(count)
        var rest = [UInt8](repeating: 0, count: count)
        for byte in data {
            let factor = byte ^ rest[0]
            rest = rest.dropFirst() + [0]
            for index in 0..<count { rest[index] ^= multiply(divisor[index], factor) }
        }
        return rest
    }

    /// The product of (x − 2^i), without its leading 1.
    private static func divisor(_ count: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: count - 1) + [1]
        var root: UInt8 = 1
        for _ in 0..<count {
            for index in 0..<count {
                result[index] = multiply(result[index], root)
                if index + 1 < count { result[index] ^= result[index + 1] }
            }
            root = multiply(root, 2)
        }
        return result
    }

    private static func multiply(_ a: UInt8, _ b: UInt8) -> UInt8 {
        var result = 0
        for place in stride(from: 7, through: 0, by: -1) {
            result = result << 1 ^ (result >> 7) * 0x11d
            if b >> UInt8(place) & 1 == 1 { result ^= Int(a) }
        }
        return UInt8(result)
    }
}

/// What makes a QR code hard to read: the four rules of ISO/IEC 18004 §7.8.3.1.
enum QRPenalty {
    static func of(_ modules: [[Bool]]) -> Int {
        let size = modules.count
        let columns = (0..<size).map { x in modules.map { $0[x] } }
        var penalty = 0
        for line in modules + columns { penalty += runs(line) + finders(line) }
        for y in 0..<size - 1 {
            for x in 0..<size - 1 {
                let one = modules[y][x]
                if modules[y][x + 1] == one, modules[y + 1][x] == one, modules[y + 1][x + 1] == one
                {
                    penalty += 3
                }
            }
        }
        let dark = modules.joined().count { $0 }
        return penalty + abs(dark * 20 - size * size * 10) / (size * size) * 10
    }

    private static func runs(_ line: [Bool]) -> Int {
        var penalty = 0
        var length = 1
        for index in 1...line.count {
            if index < line.count, line[index] == line[index - 1] {
                length += 1
            } else {
                if length >= 5 { penalty += length - 2 }
                length = 1
            }
        }
        return penalty
    }

    private static let finder = [true, false, true, true, true, false, true]
    private static let patterns = [
        Array(repeating: false, count: 4) + finder, finder + Array(repeating: false, count: 4),
    ]

    private static func finders(_ line: [Bool]) -> Int {
        var penalty = 0
        for start in 0...line.count - 11 {
            let part = Array(line[start..<start + 11])
            if patterns.contains(part) { penalty += 40 }
        }
        return penalty
    }
}
