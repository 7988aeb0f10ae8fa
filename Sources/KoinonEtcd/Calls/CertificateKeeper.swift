import Foundation
import KoinonNode
import KoinonProtocol
import Logging
import Synchronization

/// Takes another certificate, key or authority when their files change, while the node runs, and
/// says in time when one of them ends, or one of etcd's servers.
///
/// They are tried before they are used: read, compared with those in use, and shown to etcd.
/// Until etcd answers to them, what is in use stays. Then calls go over new connections, and
/// the old ones end.
final class CertificateKeeper: Sendable {
    /// Between two looks at the files.
    static let pause = Duration.seconds(10)
    /// So many looks at the files are a day, after which servers' certificates are looked at again,
    /// and ten minutes, after which they are while one has not been seen or ends soon.
    private static let rarely = 8_640
    private static let often = 60

    private struct State {
        var watched: WatchedFiles
        var used: EtcdCredentials
        /// Changed, and not taken or refused for good so far.
        var isDue = false
        /// When the certificates end that servers have shown last, by endpoint.
        var serverEnds: [String: Date] = [:]
    }

    private let client: EtcdClient
    private let address: EtcdAddress
    private let folder: URL
    private let probe: EtcdRangeRequest
    private let conditions: EtcdConditions
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameters:
    ///   - watched: made before the credentials were read.
    ///   - probe: what every member may ask.
    init(
        client: EtcdClient, address: EtcdAddress, folder: URL, watched: WatchedFiles,
        used: EtcdCredentials, probe: EtcdRangeRequest, conditions: EtcdConditions, logger: Logger
    ) {
        self.client = client
        self.address = address
        self.folder = folder
        self.probe = probe
        self.conditions = conditions
        self.logger = logger
        state = Mutex(State(watched: watched, used: used))
    }

    /// Until the task is cancelled.
    func run(every pause: Duration) async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                while !Task.isCancelled {
                    do { try await Task.sleep(for: pause) } catch { return }
                    await self.look()
                }
            }
            group.addTask {
                while !Task.isCancelled {
                    let isWell = await self.lookAtServers()
                    let looks = isWell ? Self.rarely : Self.often
                    do { try await Task.sleep(for: pause * looks) } catch { return }
                }
            }
        }
    }

    /// Of what is in use: the node's own, the authority's, and those that servers have shown.
    var certificates: [EngineReport.Certificate] {
        let (used, servers) = state.withLock { ($0.used, shownEnds(in: $0)) }
        let ends = [("node", used.end), ("authority", used.authorityEnd)] + servers
        return ends.map { owner, end in
            let milliseconds = UInt64(max(0, end.timeIntervalSince1970 * 1000))
            return .init(owner: owner, ends: Timestamp(milliseconds: milliseconds))
        }
    }

    private func shownEnds(in state: State) -> [(endpoint: String, end: Date)] {
        address.endpoints.compactMap { endpoint in
            state.serverEnds[endpoint].map { (endpoint, $0) }
        }
    }

    /// Says what the operator has to know of the ends of those in use.
    func warn(at now: Date) {
        let (used, servers) = state.withLock { ($0.used, shownEnds(in: $0)) }
        for (kind, text) in [
            (EtcdConditions.Kind.certificate, used.warning(at: now)),
            (.authority, used.authorityWarning(at: now)),
            (.serverCertificates, EtcdCredentials.serversWarning(servers, at: now)),
        ] {
            guard let text else {
                conditions.clear(kind)
                continue
            }
            if conditions.set(kind, text) {
                logger.warning("certificate", metadata: ["reason": "\(text)"])
            }
        }
    }

    /// - Returns: whether every server has shown its certificate, and none of them ends soon.
    private func lookAtServers() async -> Bool {
        let used = state.withLock { $0.used }
        var haveAnswered = true
        for endpoint in address.endpoints {
            do {
                let end = try await CertificateLook.end(
                    shownBy: EtcdEndpoint(endpoint), to: used)
                state.withLock { $0.serverEnds[endpoint] = end }
            } catch {
                // What it showed last still ends when it does; calls say that it is away.
                haveAnswered = false
            }
        }
        let now = Date()
        warn(at: now)
        let ends = state.withLock { shownEnds(in: $0) }
        return haveAnswered && EtcdCredentials.serversWarning(ends, at: now) == nil
    }

    private func look() async {
        let isDue = state.withLock { state in
            if state.watched.haveChanged() { state.isDue = true }
            return state.isDue
        }
        guard isDue else { return }
        do {
            try await take()
            state.withLock { $0.isDue = false }
            conditions.clear(.newCertificate)
            logger.notice("etcd is spoken to with the certificate that was put there")
            warn(at: Date())
        } catch {
            if Task.isCancelled { return }
            // Whether it was for want of a server shows when one answers.
            if case EtcdFault.unreachable = error {} else { state.withLock { $0.isDue = false } }
            let text =
                "etcd.certificate: its files have changed and are not used, those from before are: \(error)"
            conditions.set(.newCertificate, text)
            logger.error("certificate", metadata: ["reason": "\(text)"])
        }
    }

    /// - Throws: why they cannot be used: `HomeFault`, ``EtcdFault``.
    private func take() async throws {
        guard let found = try EtcdCredentials(of: address, in: folder) else { return }
        let name = state.withLock { $0.used.name }
        guard found.name == name else {
            throw HomeFault(
                "it names \(found.name), the one from before \(name); sign one with that name"
            )
        }
        let candidate = try EtcdClient(address, credentials: found)
        do {
            _ = try await candidate.call(.range, probe)
        } catch {
            candidate.close()
            throw error
        }
        client.takeOver(candidate)
        state.withLock { $0.used = found }
    }
}
