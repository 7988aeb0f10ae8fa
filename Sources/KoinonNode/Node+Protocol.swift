import KoinonMachine
import KoinonProtocol

extension Node {
    /// By whose rules the next block is executed.
    public var protocolVersion: UInt64 { replica.read { $0.protocolVersion } }

    /// The newest protocol version that this software knows.
    public var knownProtocol: UInt64 { replica.read { $0.knownProtocol } }

    /// What the alliance has decided to go over to, and with which block; nil when that has
    /// begun, or nothing is decided.
    public var comingProtocol: (version: UInt64, from: Height)? {
        replica.read { Alliance.comingProtocol(after: $0.header.height.next, in: $0.state) }
    }
}
