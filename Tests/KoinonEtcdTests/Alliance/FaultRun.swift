import Foundation
import Synchronization
import Testing

/// One alliance under load, and what became of it after each fault.
final class FaultRun: Sendable {
    let alliance: RunningAlliance
    let load: Load

    private static let limit = RunningAlliance.patience
    /// The longest recovery that was counted from another moment than the fault's end.
    private let counted = Mutex<Duration>(.zero)

    private init(_ alliance: RunningAlliance) throws {
        self.alliance = alliance
        load = try Load(alliance)
    }

    /// Founds an alliance and breaks it as `body` does. Afterwards all nodes stop as they
    /// should, and the load stops whatever happened, or it would keep the processes.
    static func with(
        servers: Int = 3, ways: RunningAlliance.Ways = .direct,
        _ body: (FaultRun) async throws -> Void
    ) async throws {
        let run = try FaultRun(try await RunningAlliance.start(servers: servers, ways: ways))
        run.load.start()
        do {
            try await run.goesOn()
            try await body(run)
        } catch {
            await run.load.stop()
            throw error
        }
        await run.load.stop()
        for index in run.alliance.members.indices {
            #expect(try await run.alliance.stopNode(index) == 0)
        }
    }

    /// Clients of all nodes, but for those named, are told that something new is final.
    ///
    /// - Parameter begin: recovery is counted from this moment on, in which a leader was lost
    ///   or a node started again. What is told then was sent after it.
    func goesOn(
        except: Set<Int> = [], since begin: ContinuousClock.Instant? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        // What a client is told first may have been on its way before; it sends no more until then.
        for _ in 0..<(begin == nil ? 1 : 2) {
            let time = try await load.untilAllFinal(
                after: .now, within: Self.limit, except: except)
            try #require(
                time != nil, "\(alliance.members.map { alliance.log(of: $0) })",
                sourceLocation: sourceLocation)
        }
        guard let begin else { return }
        let time = begin.duration(to: .now)
        counted.withLock { $0 = max($0, time) }
    }

    /// Lets something go wrong and heal, prints how long it takes from then, or from where
    /// ``goesOn(except:since:sourceLocation:)`` counted, until every node's clients are told that
    /// something new is final, and looks at all ledgers and at what `koinon status` says.
    func fault(
        _ name: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: (RunningAlliance) async throws -> Void
    ) async throws {
        counted.withLock { $0 = .zero }
        try await body(alliance)
        let time = try await load.untilAllFinal(after: .now, within: Self.limit)
        let recovered = try #require(
            time, "\(name): no recovery. \(alliance.members.map { alliance.log(of: $0) })",
            sourceLocation: sourceLocation)
        let (seconds, atto) = max(recovered, counted.withLock { $0 }).components
        let milliseconds = seconds * 1_000 + atto / 1_000_000_000_000_000
        print("fault: \(name): recovered in \(milliseconds) ms")
        await load.stop()
        try await alliance.expectAgreement(load, sourceLocation: sourceLocation)
        let left = try await findings { $0.isEmpty }
        #expect(left.isEmpty, "\(name): afterwards", sourceLocation: sourceLocation)
        load.start()
    }

    /// `koinon status` says what is wrong and what to do, and docs/operate.md has a row for
    /// all that it says.
    ///
    /// - Parameters:
    ///   - what: part of what is wrong.
    ///   - remedy: part of what to do.
    ///   - index: the member, or its node, that it is said of; nil for whatever it is.
    ///   - host: where it is asked; nil for this one.
    func expectStatus(
        _ what: String, remedy: String, of index: Int? = nil, at host: Int? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        func isMeant(_ finding: StatusFinding) -> Bool {
            finding.what.contains(what) && finding.remedy.contains(remedy)
                && (index.map { alliance.isOf($0, finding) } ?? true)
        }
        let said = try await findings(at: host) { $0.contains(where: isMeant) }
        #expect(
            said.contains(where: isMeant), "\(said)", sourceLocation: sourceLocation)
        let runbook = try Runbook()
        for finding in said {
            #expect(
                runbook.explains(finding), "no row in docs/operate.md",
                sourceLocation: sourceLocation)
        }
        if let meant = said.first(where: isMeant) { print("status: \(meant)") }
    }

    /// What `koinon status` says, once it is as wanted or patience is over. How much
    /// room this machine's disks have is no matter.
    private func findings(
        at host: Int? = nil, until isWanted: ([StatusFinding]) -> Bool
    ) async throws -> [StatusFinding] {
        let deadline = ContinuousClock.now + RunningAlliance.patience
        while true {
            let found = try await alliance.findings(at: host).filter {
                $0.code != "diskFull" || $0.severity == "stall"
            }
            if isWanted(found) || ContinuousClock.now > deadline { return found }
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}
