import Foundation
import KoinonNode
import Logging
import Synchronization

/// Takes another certificate, key or authority when their files change, while the node runs.
///
/// They are tried before they are used: read, compared with those in use, and shown to etcd.
/// Until etcd answers to them, what is in use stays. Then calls go over new connections, and
/// the old ones end.
final class CertificateKeeper: Sendable {
    /// Between two looks at the files.
    static let pause = Duration.seconds(10)

    private struct State {
        var watched: WatchedFiles
        var used: EtcdCredentials
        /// Changed, and not taken or refused for good so far.
        var isDue = false
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
        while !Task.isCancelled {
            do { try await Task.sleep(for: pause) } catch { return }
            await look()
        }
    }

    /// Says what the operator has to know of the ends of those in use.
    func warn(at now: Date) {
        let used = state.withLock { $0.used }
        for (kind, text) in [
            (EtcdConditions.Kind.certificate, used.warning(at: now)),
            (.authority, used.authorityWarning(at: now)),
        ] {
            guard let text else {
                conditions.clear(kind)
                continue
            }
            conditions.set(kind, text)
            logger.warning("certificate", metadata: ["reason": "\(text)"])
        }
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
