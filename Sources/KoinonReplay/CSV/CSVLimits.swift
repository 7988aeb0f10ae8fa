/// How large a CSV file and its parts may be; beyond them it is refused, so that a
/// broken or hostile file cannot fill the memory.
public struct CSVLimits: Hashable, Sendable {
    /// Bytes of one field, without its quotes.
    public var fieldBytes = 64 * 1024
    /// Bytes of all fields of one row.
    public var rowBytes = 1024 * 1024
    public var columns = 1_024
    public var rows = 10_000_000
    /// Bytes of the file after decompression.
    public var fileBytes = 4 * 1024 * 1024 * 1024

    public init() {}
}
