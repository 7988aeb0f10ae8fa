import Hummingbird
import KoinonLedger
import KoinonNode
import KoinonProtocol
import NIOCore

/// Many transactions in one request, never all of them in memory.
///
/// Messages are submitted in groups; so many groups are under way at most, and the request is
/// read on only when the oldest has its answer. A full pool slows the request down instead of
/// refusing: the client is waiting on the same connection anyway. So does memory that others
/// have taken.
struct BulkSubmission: Sendable {
    static let group = 512
    /// A group with more is full.
    static let groupBytes = 262_144
    static let groupsUnderWay = 8
    /// Of one message with key and signature around the body.
    static let messageBytes = TransactionLimits.bytes + 64

    let submitter: Submitter
    let waiting: Waiting
    let limit: Duration
    let memory: BodyMemory
    let client: String
    let requestID: String

    func run(_ body: RequestBody, writer: inout any ResponseBodyWriter) async throws {
        var reader = DelimitedReader(maximum: Self.messageBytes)
        var pending = Group()
        var count = 0
        var underWay: [Task<[String], any Error>] = []
        defer { for task in underWay { task.cancel() } }

        func send() async throws {
            guard !pending.items.isEmpty else { return }
            let group = pending
            pending = Group()
            while !memory.take(group.byteCount, for: client) {
                guard underWay.isEmpty else {
                    try await write(try await underWay.removeFirst().value, to: &writer)
                    continue
                }
                // Until others have given some back, which none keep for long.
                try await Task.sleep(for: .milliseconds(10))
            }
            underWay.append(
                Task {
                    defer { memory.giveBack(group.byteCount, for: client) }
                    return try await answer(group.items)
                })
            if underWay.count >= Self.groupsUnderWay {
                try await write(try await underWay.removeFirst().value, to: &writer)
            }
        }

        do {
            for try await chunk in body {
                reader.add(chunk)
                while let bytes = try reader.next() {
                    pending.items.append(Item(bytes, index: count))
                    pending.byteCount += bytes.count
                    count += 1
                    if pending.isFull { try await send() }
                }
                // What has come so far does not wait for more.
                try await send()
            }
            guard reader.isEmpty else {
                throw Problem.badField(
                    "body", "ends inside a message",
                    remedy: "write each Signed message whole behind its length")
            }
        } catch let problem as Problem {
            // What came whole before it counts.
            try await send()
            try await finish(&underWay, &writer)
            // The status is sent: what is wrong comes as the last line.
            try await write([problem.value(requestID: requestID).text], to: &writer)
            return
        }
        try await finish(&underWay, &writer)
    }

    private func finish(
        _ underWay: inout [Task<[String], any Error>], _ writer: inout any ResponseBodyWriter
    ) async throws {
        while !underWay.isEmpty {
            try await write(try await underWay.removeFirst().value, to: &writer)
        }
    }

    private func write(
        _ lines: [String], to writer: inout any ResponseBodyWriter
    ) async throws {
        var buffer = ByteBuffer()
        for line in lines {
            buffer.writeString(line)
            buffer.writeInteger(UInt8(ascii: "\n"))
        }
        try await writer.write(buffer)
    }

    /// Messages that are submitted together.
    private struct Group {
        var items: [Item] = []
        var byteCount = 0

        var isFull: Bool {
            items.count == BulkSubmission.group || byteCount >= BulkSubmission.groupBytes
        }
    }

    /// One message of the request: an envelope, or what is wrong with it.
    private enum Item: Sendable {
        case envelope(Envelope)
        case problem(Problem)

        init(_ bytes: [UInt8], index: Int) {
            do {
                self = .envelope(try SubmissionForm.message(bytes))
            } catch {
                var problem = Problem(error)
                problem.field = "body[\(index)]"
                self = .problem(problem)
            }
        }

        var envelope: Envelope? {
            if case .envelope(let envelope) = self { envelope } else { nil }
        }
    }

    /// A line for each, in order.
    private func answer(_ items: [Item]) async throws -> [String] {
        let envelopes = items.compactMap(\.envelope)
        var verdicts = try await settle(envelopes)[...]
        let finalHeight = submitter.node.progress.current.finalHeight
        return items.map { item in
            switch item {
            case .problem(let problem): problem.value(requestID: requestID).text
            case .envelope:
                verdicts.popFirst()?.value(finalHeight: finalHeight).text ?? ""
            }
        }
    }

    /// Sends again what a full pool refused, until the time to wait is over or the node is about
    /// to stop.
    private func settle(_ envelopes: [Envelope]) async throws -> [Verdict] {
        let deadline = ContinuousClock.now.advanced(by: limit)
        var verdicts = try await submitter.submit(envelopes, waiting: waiting, limit: limit)
        while ContinuousClock.now < deadline, !submitter.node.hasEndedWaiting {
            let places = verdicts.indices.filter { verdicts[$0].isPoolFull }
            if places.isEmpty { break }
            // Until there is room, which the next block makes.
            try await Task.sleep(for: .milliseconds(10))
            let again = try await submitter.submit(
                places.map { envelopes[$0] }, waiting: waiting,
                limit: ContinuousClock.now.duration(to: deadline))
            for (place, verdict) in zip(places, again) { verdicts[place] = verdict }
        }
        return verdicts
    }
}
