import KoinonLedger
import KoinonProtocol

/// How far a node is, and what it sees of the others. What is optional comes from newer nodes
/// only, or is not there.
public struct NodeStatus: Hashable, Sendable, Decodable {
    public var chain: String
    public var alliance: String
    public var height: UInt64
    public var finalHeight: UInt64
    /// Of the last block.
    public var time: AnsweredTime
    /// What the node believes the time to be.
    public var now: AnsweredTime
    /// The members that the node signs for.
    public var hosts: [String]
    /// The hosted member that opens accounts by request: consents name it as their sponsor.
    public var joinMember: String?
    /// Transactions that wait for a block.
    public var pool: Int
    /// As many may wait in the pool itself; those on their way into a block need no room there.
    public var poolLimit: Int?
    /// How full the pool is, 0 to 100, by number or by bytes.
    public var poolPercent: Int?
    /// Of the last block, and of the last final one.
    public var blockHash: String?
    public var finalHash: String?
    /// Members who judge the next block, and how many of them make one final.
    public var members: Int?
    public var quorum: Int?
    public var memberStates: [MemberState]?
    /// When the first block closed that is not final.
    public var openSince: AnsweredTime?
    /// The first block that is not final and changes the members.
    public var openChange: UInt64?
    public var engine: Engine?
    public var disk: Disk?
    /// When the certificate ends with which the node answers.
    public var certificateEnds: AnsweredTime?
    /// Whether its files hold another one that could not be used.
    public var newCertificateRefused: Bool?
    /// Up to here it has no blocks.
    public var baseHeight: UInt64?
    /// By the rules of which protocol version blocks are executed.
    public var protocolState: ProtocolState?

    enum CodingKeys: String, CodingKey {
        case chain, alliance, height, time, now, hosts, pool, members, quorum, engine, disk
        case finalHeight = "final_height"
        case joinMember = "join_member"
        case poolLimit = "pool_limit"
        case poolPercent = "pool_percent"
        case blockHash = "block_hash"
        case finalHash = "final_hash"
        case memberStates = "member_states"
        case openSince = "open_since"
        case openChange = "open_change"
        case certificateEnds = "certificate_ends"
        case newCertificateRefused = "new_certificate_refused"
        case baseHeight = "base_height"
        case protocolState = "protocol"
    }

    /// Which protocol versions are in force, coming and known.
    public struct ProtocolState: Hashable, Sendable, Decodable {
        /// Of the next block.
        public var version: UInt64
        /// The newest that the node's software knows.
        public var known: UInt64
        /// What a vote has decided and has not begun.
        public var coming: Coming?

        public struct Coming: Hashable, Sendable, Decodable {
            public var version: UInt64
            /// The first block under it.
            public var fromHeight: UInt64

            enum CodingKeys: String, CodingKey {
                case version
                case fromHeight = "from_height"
            }
        }
    }

    /// What the node has seen of one member.
    public struct MemberState: Hashable, Sendable, Decodable {
        public var id: String
        /// The highest block that it is seen to have signed; nil for none of the last ones.
        public var attested: UInt64?
        /// Whether it has signed the first block that is not final; nil when all are.
        public var hasSignedNext: Bool?
        /// Of its last entry with effect; 0 before the first.
        public var sequence: UInt64
        /// The time that it stated with it.
        public var clock: AnsweredTime
        /// How a hosted member stands to the chain, when it does not sign: why.
        public var silent: String?

        enum CodingKeys: String, CodingKey {
            case id, attested, sequence, clock, silent
            case hasSignedNext = "has_signed_next"
        }
    }

    public struct Engine: Hashable, Sendable, Decodable {
        public var name: String
        /// What is wrong, each with what to do.
        public var faults: [String]
    }

    public struct Disk: Hashable, Sendable, Decodable {
        public var freeBytes: UInt64
        public var ledgerBytes: UInt64

        enum CodingKeys: String, CodingKey {
            case freeBytes = "free_bytes"
            case ledgerBytes = "ledger_bytes"
        }
    }

    /// From when on a new transaction's lifetime counts.
    public var ledgerNow: Timestamp { max(time.timestamp, now.timestamp) }

    /// The first number that no node comes to: whoever reckons with the others cannot overflow.
    var implausibleField: String? {
        func isNumber(_ value: UInt64?) -> Bool { (value ?? 0) <= AnswerForm.numberMaximum }
        func isCount(_ value: Int?) -> Bool { (0...Int(Int32.max)).contains(value ?? 0) }
        func isTime(_ value: AnsweredTime?) -> Bool {
            (value?.timestamp ?? .maximum) <= .maximum
        }
        let members = memberStates ?? []
        let fields: [(String, Bool)] = [
            ("height", isNumber(height)), ("final_height", isNumber(finalHeight)),
            ("base_height", isNumber(baseHeight)), ("open_change", isNumber(openChange)),
            ("time", isTime(time)), ("now", isTime(now)), ("open_since", isTime(openSince)),
            ("certificate_ends", isTime(certificateEnds)), ("pool", isCount(pool)),
            ("pool_limit", isCount(poolLimit)), ("pool_percent", isCount(poolPercent)),
            ("members", isCount(self.members)), ("quorum", isCount(quorum)),
            (
                "member_states",
                members.allSatisfy {
                    isNumber($0.attested) && isNumber($0.sequence) && isTime($0.clock)
                }
            ),
        ]
        return fields.first { !$0.1 }?.0
    }

    /// By how far nodes are.
    var progress: (UInt64, UInt64) { (height, finalHeight) }

    /// Blocks that are not final.
    public var lag: UInt64 { height - min(height, finalHeight) }
}
