import KoinonNode
import KoinonProtocol
import Synchronization

/// What is counted and measured while the node serves; read at `/metrics`.
public final class ServerMetrics: Sendable {
    /// A path as the router knows it, so that there are not more than routes.
    struct Request: Hashable, Comparable {
        var method: String
        var path: String
        var status: Int

        var labels: String { "method=\"\(method)\",path=\"\(path)\",status=\"\(status)\"" }

        static func < (a: Self, b: Self) -> Bool {
            (a.path, a.method, a.status) < (b.path, b.method, b.status)
        }
    }

    private struct State {
        var requests: [Request: UInt64] = [:]
        /// By path.
        var seconds: [String: Histogram] = [:]
        /// By status, then by code; the codes are those of closed lists.
        var verdicts: [Verdict.Status: UInt64] = [:]
        var codes: [String: UInt64] = [:]
    }

    private let state = Mutex(State())
    /// From the node's first sight of a transaction until it is durable, as those who wait see it.
    public let commitSeconds = Histogram()
    let openConnections = Atomic(0)
    let openEventStreams = Atomic(0)
    let openSyncStreams = Atomic(0)
    let eventsSent = Atomic(0)
    let requestsTurnedAway = Atomic(0)

    public init() {}

    func count(_ request: Request, seconds: Double) {
        let histogram = state.withLock { state in
            state.requests[request, default: 0] += 1
            if let known = state.seconds[request.path] { return known }
            let new = Histogram()
            state.seconds[request.path] = new
            return new
        }
        histogram.observe(seconds)
    }

    func count(_ verdict: Verdict) {
        state.withLock { state in
            state.verdicts[verdict.status, default: 0] += 1
            if let code = verdict.code { state.codes[code, default: 0] += 1 }
        }
    }

    /// Everything in Prometheus' text format, version 0.0.4.
    ///
    /// - Throws: the store's fault.
    func text(of context: ServerContext) throws -> String {
        var text = ""
        writeChain(of: context.node, to: &text)
        try writeHealth(of: context, to: &text)
        writeTransactions(to: &text)
        writeServing(to: &text)
        return text
    }

    private func writeChain(of node: Node, to text: inout String) {
        let progress = node.progress.current
        let (header, members) = node.replica.read { ($0.header, $0.members) }
        let now = node.now.milliseconds
        let lag = now > header.time.milliseconds ? now - header.time.milliseconds : 0
        gauge("koinon_height", "The last durable block.", progress.height.rawValue, &text)
        gauge(
            "koinon_final_height", "The highest block that a quorum has signed.",
            progress.finalHeight.rawValue, &text)
        gauge(
            "koinon_finality_lag_blocks", "Durable blocks that are not final.",
            progress.height.rawValue - min(progress.height, progress.finalHeight).rawValue, &text)
        gauge(
            "koinon_block_age_seconds", "Time since the last block, by the node's clock.",
            Double(lag) / 1000, &text)
        gauge("koinon_pool_transactions", "Those that wait for a block.", node.poolCount, &text)
        gauge(
            "koinon_pool_fill_ratio",
            "How full the pool is, 0 to 1, by number or by bytes: whichever is nearer its limit.",
            Double(node.poolPercent) / 100, &text)
        gauge("koinon_members", "Members who judge the next block.", members.members.count, &text)
        gauge(
            "koinon_protocol_version", "By whose rules the next block is executed.",
            node.protocolVersion, &text)
        gauge(
            "koinon_protocol_known", "The newest protocol version that the software knows.",
            node.knownProtocol, &text)
        let coming = node.comingProtocol
        gauge(
            "koinon_protocol_coming", "The protocol version that is decided; 0 for none.",
            coming?.version ?? 0, &text)
        gauge(
            "koinon_protocol_coming_blocks", "Blocks before it begins; 0 for none.",
            coming.map { $0.from.rawValue - min($0.from, header.height).rawValue } ?? 0, &text)
        writeEngine(of: node, to: &text)
    }

    /// What grows or shrinks with time until somebody has to do something.
    private func writeHealth(of context: ServerContext, to text: inout String) throws {
        let now = context.node.now.milliseconds
        let next = context.node.finalHeight.next
        let open = try context.store.read { try $0.block(at: next) }
        let closed = open?.header.time.milliseconds ?? now
        gauge(
            "koinon_finality_lag_seconds",
            "Age of the oldest block that is not final, by the node's clock; 0 when all are.",
            Double(now - min(now, closed)) / 1000, &text)
        gauge(
            "koinon_disk_free_bytes", "Free on the disk of the home.", context.freeDiskBytes,
            &text)
        gauge(
            "koinon_certificate_remaining_seconds",
            "Until the certificate of HTTPS ends, less than 0 afterwards; none without TLS.",
            context.certificates.map {
                (Double($0.standing.ends.milliseconds) - Double(now)) / 1000
            }, &text)
    }

    private func writeEngine(of node: Node, to text: inout String) {
        let report = node.engineReport
        gauge(
            "koinon_engine_reachable", "1 while the ordering engine answers.",
            report.isReachable ? 1 : 0, &text)
        gauge(
            "koinon_engine_faults", "What the ordering engine says is wrong, now.",
            report.faults.count, &text)
        head(
            "koinon_engine_gaps_total", "counter",
            "Entries that were missing in the order though later ones were there.", &text)
        text += "koinon_engine_gaps_total \(report.gaps)\n"
        head(
            "koinon_engine_unusable_total", "counter",
            "Places of the order that held no entry of their author.", &text)
        text += "koinon_engine_unusable_total \(report.unusable)\n"
        writeCertificates(of: report, at: node.now, to: &text)
    }

    private func writeCertificates(
        of report: EngineReport, at now: Timestamp, to text: inout String
    ) {
        head(
            "koinon_engine_certificate_remaining_seconds", "gauge",
            "Until a certificate between node and ordering engine ends, less than 0 afterwards.",
            &text)
        for certificate in report.certificates {
            let left =
                (Double(certificate.ends.milliseconds) - Double(now.milliseconds)) / 1000
            text +=
                "koinon_engine_certificate_remaining_seconds{of=\"\(certificate.owner)\"} \(left)\n"
        }
    }

    private func writeTransactions(to text: inout String) {
        let (verdicts, codes) = state.withLock { ($0.verdicts, $0.codes) }
        head("koinon_transactions_total", "counter", "Answers about sent transactions.", &text)
        for status in Verdict.Status.allCases {
            text +=
                "koinon_transactions_total{status=\"\(status.rawValue)\"} \(verdicts[status] ?? 0)\n"
        }
        head(
            "koinon_transaction_codes_total", "counter",
            "Transactions refused, ignored, rejected or expired, by why.", &text)
        for (code, count) in codes.sorted(by: { $0.key < $1.key }) {
            text += "koinon_transaction_codes_total{code=\"\(code)\"} \(count)\n"
        }
        head(
            "koinon_commit_seconds", "histogram",
            "From a transaction's arrival until it is durable.", &text)
        commitSeconds.write("koinon_commit_seconds", labels: "", to: &text)
    }

    private func writeServing(to text: inout String) {
        let (requests, seconds) = state.withLock { ($0.requests, $0.seconds) }
        head("koinon_http_requests_total", "counter", "Answered requests.", &text)
        for (request, count) in requests.sorted(by: { $0.key < $1.key }) {
            text += "koinon_http_requests_total{\(request.labels)} \(count)\n"
        }
        head("koinon_http_request_seconds", "histogram", "Until the answer begins.", &text)
        for (path, histogram) in seconds.sorted(by: { $0.key < $1.key }) {
            histogram.write(
                "koinon_http_request_seconds", labels: "path=\"\(path)\"", to: &text)
        }
        gauge(
            "koinon_http_connections", "Open connections.",
            openConnections.load(ordering: .relaxed), &text)
        gauge(
            "koinon_event_streams", "Open streams of events.",
            openEventStreams.load(ordering: .relaxed), &text)
        head("koinon_events_sent_total", "counter", "Events written to streams.", &text)
        text += "koinon_events_sent_total \(eventsSent.load(ordering: .relaxed))\n"
        head(
            "koinon_http_turned_away_total", "counter",
            "Requests beyond a client's rate, and connections beyond their number.", &text)
        text +=
            "koinon_http_turned_away_total \(requestsTurnedAway.load(ordering: .relaxed))\n"
    }

    private func head(_ name: String, _ type: String, _ help: String, _ text: inout String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    /// - Parameter value: nil leaves the name without a sample.
    private func gauge(
        _ name: String, _ help: String, _ value: (some CustomStringConvertible)?,
        _ text: inout String
    ) {
        head(name, "gauge", help, &text)
        if let value { text += "\(name) \(value)\n" }
    }
}
