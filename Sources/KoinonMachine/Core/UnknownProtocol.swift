import KoinonProtocol

/// The alliance has gone over to rules that this machine does not know.
public struct UnknownProtocol: Error, Hashable, CustomStringConvertible {
    public var version: UInt64
    /// The block that cannot be executed.
    public var from: Height
    /// The newest version that is known.
    public var known: UInt64

    public init(version: UInt64, from: Height, known: UInt64) {
        self.version = version
        self.from = from
        self.known = known
    }

    public var description: String {
        "from block \(from) on the alliance follows protocol version \(version), and this software knows version \(known) at most; install a koinon that knows it and start it on the same home: what is stored is whole, and it goes on with that block"
    }
}
