import KoinonLedger
import KoinonProtocol
import Logging
import Synchronization

/// The members hosted here with the node keys that this process holds: those that lay in the
/// home when it began, and those that took their places since.
///
/// So a node goes on without a new start when its member renews its key: the next key lies in
/// the home before it is registered, and is read when a block names it.
final class HostedKeys: Sendable {
    private struct State {
        var held: [HostedMember]
        /// Keys that were looked for and not found, so that each is told of once.
        var missed: Set<PublicKey> = []
    }

    let home: NodeHome
    private let logger: Logger
    private let state: Mutex<State>

    /// - Throws: as `NodeHome.hostedMembers()`.
    init(home: NodeHome, logger: Logger) throws {
        self.home = home
        self.logger = logger
        state = Mutex(State(held: try home.hostedMembers()))
    }

    /// A member comes twice that is changing from one key to another.
    var members: [HostedMember] { state.withLock { $0.held } }

    /// Takes from the home what the alliance knows now of the members hosted here and is not
    /// held; what is not there either is told in the log.
    func take(for members: MemberSet) {
        state.withLock { state in
            for id in Set(state.held.map(\.id)).sorted() {
                guard let key = members.nodeKey(of: id), !state.missed.contains(key),
                    !state.held.contains(where: { $0.nodeKey.publicKey == key })
                else { continue }
                if let found = find(key, of: id) {
                    state.held.append(found)
                    logger.notice(
                        "another node key signs from now on",
                        metadata: ["member": "\(id)", "key": "\(key)"])
                } else {
                    state.missed.insert(key)
                }
            }
        }
    }

    private func find(_ key: PublicKey, of member: MemberID) -> HostedMember? {
        let reason: String
        do {
            let found = try home.nodeKeys(of: member).first { $0.nodeKey.publicKey == key }
            if let found { return found }
            reason = "it is not there"
        } catch {
            reason = "\(error)"
        }
        logger.error(
            "the alliance knows a node key of a member hosted here that this node does not hold: put it to \(home.nextNodeKeyPath(of: member)) and start again, or run `koinon renew-key`",
            metadata: ["member": "\(member)", "key": "\(key)", "reason": "\(reason)"])
        return nil
    }
}
