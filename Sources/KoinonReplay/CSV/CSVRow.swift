/// One row of a CSV file, without quotes. Reused from row to row, so that reading does
/// not allocate.
public struct CSVRow: Sendable {
    /// Where the row begins, from 1. A quoted field may span several lines.
    public internal(set) var line = 0
    /// The fields one after the other, valid UTF-8.
    var bytes: [UInt8] = []
    /// Where each field ends in `bytes`.
    var ends: [Int] = []

    public init() {}

    /// How many fields there are.
    public var count: Int { ends.count }

    /// The bytes of field `index`, from 0.
    public subscript(index: Int) -> ArraySlice<UInt8> {
        bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }

    /// Field `index` as text.
    public func text(_ index: Int) -> String {
        String(decoding: self[index], as: UTF8.self)
    }

    mutating func begin(line: Int) {
        self.line = line
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }
}
