import KoinonClient
import KoinonLedger
import KoinonNode
import KoinonProtocol

/// Everybody who acts in a replay, with keys that anyone can compute: see ``DemoKey``.
public struct ReplayCast: Sendable {
    /// One operator's side.
    public struct Side: Sendable {
        /// The member: sponsors accounts, receives the platform fee.
        public var member: FoundingMember
        /// Owns the resources and is paid.
        public var fleet: SigningKey
        /// Gives riders their generated top-ups.
        public var treasury: SigningKey
    }

    /// As ``TripPlan/operators``.
    public var sides: [Side]
    /// As ``TripPlan/riders``.
    public var riders: [SigningKey]

    public init(_ plan: TripPlan) {
        sides = plan.operators.map { planned in
            Side(
                member: FoundingMember(
                    id: planned.member, name: planned.title,
                    nodeKey: DemoKey.staff("node", of: planned.member),
                    accountKey: DemoKey.staff("member", of: planned.member)),
                fleet: DemoKey.staff("fleet", of: planned.member),
                treasury: DemoKey.staff("treasury", of: planned.member))
        }
        riders = plan.riders.map {
            DemoKey.rider($0.name, of: plan.operators[$0.operator].member)
        }
    }
}

extension DemoKey {
    /// A key of the operator itself, by its purpose; derived like a rider's.
    public static func staff(_ purpose: String, of member: MemberID) -> SigningKey {
        let seed = Hash256.sha256(
            tag: "koinon/demo/staff/v1", [Array(member.rawValue.utf8), [0], Array(purpose.utf8)])
        guard let key = SigningKey(seed: seed.bytes) else {
            preconditionFailure("a digest has the length of a seed")
        }
        return key
    }
}
