/// How a node serves; docs/configuration.md describes each field.
public struct ServerConfiguration: Sendable, Equatable {
    public var host = "127.0.0.1"
    /// 0 takes a free one, which the node prints.
    public var port = 8080
    public var limits = Limits()
    /// Origins whose pages may read answers, for instance "https://shop.example"; "*" is any.
    public var allowedOrigins: [String] = []
    public var tls: TLSFiles?
    public var content = Content()
    /// Whose free space is told.
    public var homePath = "."

    /// Descriptions and pictures, which live off the ledger.
    public struct Content: Sendable, Equatable {
        public var limits = ContentStore.Limits()
        /// Who sends it may delete content; nil: nobody may.
        public var token: String?
        /// Addresses of other nodes that are asked for what is not here, in order.
        public var sources: [String] = []

        public init() {}
    }

    public var join = Join()

    /// Whether people join through this node.
    public struct Join: Sendable, Equatable {
        /// The hosted member that opens accounts; "": nobody joins here. Its account's key is
        /// in the home.
        public var member = ""
        /// What each new account may ask for once: a unit, and how much of its smallest part.
        public var testUnit = ""
        public var testAmountMinor = 0
        public var limits = Joining.Limits()

        public init() {}
    }

    public init() {}

    /// Files in PEM form, looked at again when they change.
    public struct TLSFiles: Sendable, Equatable {
        public var certificate: String
        public var key: String

        public init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// What one client, or all of them, may take. 0 where a rate or a number of connections
    /// stands is no limit.
    public struct Limits: Sendable, Equatable {
        /// Bytes of a request's body, where a path names no other.
        public var bodyBytes = 4 * 1_048_576
        /// Bytes of all bodies on their way in, beyond the first 96 KiB of each; of one address
        /// half of them.
        public var bodiesBytes = 256 * 1_048_576
        /// Of one address, on the average.
        public var requestsPerSecond = 500
        /// Of one address, at once after a pause.
        public var requestBurst = 1_000
        /// Open at the same time, over all addresses.
        public var connections = 4_096
        public var connectionsPerAddress = 512
        /// Streams of events, over all addresses.
        public var eventStreams = 2_048
        /// Answers to nodes that catch up from this one, at the same time.
        public var syncStreams = 16
        /// Seconds after which a connection without a request is closed.
        public var idleSeconds = 75
        /// The longest that a client may wait for an outcome.
        public var waitMilliseconds = 30_000

        public init() {}
    }
}
