/// A QR code of a short text (ISO/IEC 18004): bytes, error correction M, versions 1 to 10.
struct QRCode {
    /// Side length in modules.
    let size: Int
    /// Row by row, true is dark.
    private(set) var modules: [[Bool]]
    private var isFixed: [[Bool]]

    /// For level M by version: codewords in all, of error correction a block, and blocks.
    private static let layouts: [(total: Int, correction: Int, blocks: Int)] = [
        (26, 10, 1), (44, 16, 1), (70, 26, 1), (100, 18, 2), (134, 24, 2), (172, 16, 4),
        (196, 18, 4), (242, 22, 4), (292, 22, 5), (346, 26, 5),
    ]
    private static let alignments: [[Int]] = [
        [], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46],
        [6, 28, 50],
    ]

    /// Nil for a text of more than 213 bytes.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        let versions = Self.layouts.indices.filter { index in
            bytes.count + (index < 9 ? 2 : 3) <= Self.dataCount(index)
        }
        guard let index = versions.first else { return nil }
        let version = index + 1
        size = 17 + 4 * version
        modules = Array(repeating: Array(repeating: false, count: size), count: size)
        isFixed = modules
        drawPatterns(version)
        place(Self.interleaved(Self.data(bytes, version: version), Self.layouts[index]))
        chooseMask()
    }

    private static func dataCount(_ index: Int) -> Int {
        let layout = layouts[index]
        return layout.total - layout.correction * layout.blocks
    }

    // MARK: Content

    /// Mode, length, bytes, an end, and what fills up.
    private static func data(_ bytes: [UInt8], version: Int) -> [UInt8] {
        var bits: [Bool] = []
        func add(_ value: Int, _ count: Int) {
            for place in stride(from: count - 1, through: 0, by: -1) {
                bits.append(value >> place & 1 == 1)
            }
        }
        add(0b0100, 4)
        add(bytes.count, version < 10 ? 8 : 16)
        for byte in bytes { add(Int(byte), 8) }
        let capacity = 8 * dataCount(version - 1)
        add(0, min(4, capacity - bits.count))
        while bits.count % 8 != 0 { bits.append(false) }
        var filler = 0xec
        while bits.count < capacity {
            add(filler, 8)
            filler ^= 0xec ^ 0x11
        }
        return stride(from: 0, to: capacity, by: 8).map { start in
            bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
    }

    /// The codewords of all blocks in turns; later blocks are one longer where it does not
    /// come out even.
    private static func interleaved(
        _ data: [UInt8], _ layout: (total: Int, correction: Int, blocks: Int)
    ) -> [UInt8] {
        let short = data.count / layout.blocks
        let longer = data.count % layout.blocks
        var blocks: [[UInt8]] = []
        var position = 0
        for index in 0..<layout.blocks {
            let count = short + (index >= layout.blocks - longer ? 1 : 0)
            blocks.append(Array(data[position..<position + count]))
            position += count
        }
        let corrections = blocks.map { ReedSolomon.correction(of: $0, count: layout.correction) }
        var result: [UInt8] = []
        for index in 0...short {
            for block in blocks where index < block.count { result.append(block[index]) }
        }
        for index in 0..<layout.correction {
            for correction in corrections { result.append(correction[index]) }
        }
        return result
    }

    // MARK: Drawing

    private mutating func fix(_ row: Int, _ column: Int, _ dark: Bool) {
        guard (0..<size).contains(row), (0..<size).contains(column) else { return }
        modules[row][column] = dark
        isFixed[row][column] = true
    }

    private mutating func drawPatterns(_ version: Int) {
        for index in 0..<size {
            fix(6, index, index % 2 == 0)
            fix(index, 6, index % 2 == 0)
        }
        for (row, column) in [(3, 3), (3, size - 4), (size - 4, 3)] {
            for y in -4...4 {
                for x in -4...4 {
                    let ring = max(abs(x), abs(y))
                    fix(row + y, column + x, ring != 2 && ring != 4)
                }
            }
        }
        let centres = Self.alignments[version - 1]
        let last = centres.count - 1
        for (i, row) in centres.enumerated() {
            for (j, column) in centres.enumerated()
            where !((i == 0 && j == 0) || (i == 0 && j == last) || (i == last && j == 0)) {
                for y in -2...2 {
                    for x in -2...2 { fix(row + y, column + x, max(abs(x), abs(y)) != 1) }
                }
            }
        }
        drawFormat(mask: 0)
        if version >= 7 { drawVersion(version) }
    }

    /// Level M and the mask, twice, with a BCH code.
    private mutating func drawFormat(mask: Int) {
        var rest = mask
        for _ in 0..<10 { rest = rest << 1 ^ (rest >> 9) * 0x537 }
        let bits = (mask << 10 | rest) ^ 0x5412
        func bit(_ index: Int) -> Bool { bits >> index & 1 == 1 }
        for index in 0...5 { fix(index, 8, bit(index)) }
        fix(7, 8, bit(6))
        fix(8, 8, bit(7))
        fix(8, 7, bit(8))
        for index in 9...14 { fix(8, 14 - index, bit(index)) }
        for index in 0...7 { fix(8, size - 1 - index, bit(index)) }
        for index in 8...14 { fix(size - 15 + index, 8, bit(index)) }
        fix(size - 8, 8, true)
    }

    private mutating func drawVersion(_ version: Int) {
        var rest = version
        for _ in 0..<12 { rest = rest << 1 ^ (rest >> 11) * 0x1f25 }
        let bits = version << 12 | rest
        for index in 0..<18 {
            let dark = bits >> index & 1 == 1
            fix(size - 11 + index % 3, index / 3, dark)
            fix(index / 3, size - 11 + index % 3, dark)
        }
    }

    /// Upwards and downwards in pairs of columns, from the right.
    private mutating func place(_ codewords: [UInt8]) {
        var index = 0
        for right in stride(from: size - 1, through: 1, by: -2) {
            let column = right <= 6 ? right - 1 : right
            let upward = (column + 1) & 2 == 0
            for step in 0..<size {
                let row = upward ? size - 1 - step : step
                for x in [column, column - 1] where !isFixed[row][x] {
                    if index < 8 * codewords.count {
                        modules[row][x] = codewords[index / 8] >> (7 - index % 8) & 1 == 1
                    }
                    index += 1
                }
            }
        }
    }

    private mutating func apply(mask: Int) {
        for y in 0..<size {
            for x in 0..<size where !isFixed[y][x] {
                let flips =
                    switch mask {
                    case 0: (x + y) % 2 == 0
                    case 1: y % 2 == 0
                    case 2: x % 3 == 0
                    case 3: (x + y) % 3 == 0
                    case 4: (x / 3 + y / 2) % 2 == 0
                    case 5: x * y % 2 + x * y % 3 == 0
                    case 6: (x * y % 2 + x * y % 3) % 2 == 0
                    default: ((x + y) % 2 + x * y % 3) % 2 == 0
                    }
                if flips { modules[y][x].toggle() }
            }
        }
    }

    /// The mask that is easiest to read; applying one twice takes it away.
    private mutating func chooseMask() {
        var best = (mask: 0, penalty: Int.max)
        for mask in 0..<8 {
            apply(mask: mask)
            drawFormat(mask: mask)
            let penalty = QRPenalty.of(modules)
            if penalty < best.penalty { best = (mask, penalty) }
            apply(mask: mask)
        }
        apply(mask: best.mask)
        drawFormat(mask: best.mask)
    }

    /// As a drawing with the quiet zone around it.
    func svg(label: String) -> String {
        var path = ""
        for (y, row) in modules.enumerated() {
            for (x, dark) in row.enumerated() where dark { path += "M\(x + 4) \(y + 4)h1v1h-1z" }
        }
        let side = size + 8
        return """
            <svg class="qr" viewBox="0 0 \(side) \(side)" role="img" \
            aria-label="\(SVG.escape(label))" xmlns="http://www.w3.org/2000/svg" \
            shape-rendering="crispEdges"><path d="\(path)"/></svg>
            """
    }
}
