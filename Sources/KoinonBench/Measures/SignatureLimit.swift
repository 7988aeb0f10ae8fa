import KoinonLedger
import KoinonProtocol
import Synchronization

/// What the machine could do if it did nothing but check the same signatures: all cores
/// busy with the very messages of the benchmark.
public struct SignatureLimit: Sendable {
    public var perSecond: Double
    /// Processor time of one check, in microseconds.
    public var processorMicroseconds: Double

    /// Messages in memory at a time.
    private static let part = 16_384

    /// Goes through the file twice and takes the second time: then every key is known to
    /// be valid, as it is for the node afterwards.
    ///
    /// - Throws: when a signature does not hold: the load would measure something else.
    public static func measure(_ file: MessageFile) throws -> SignatureLimit {
        _ = try pass(over: file)
        return try pass(over: file)
    }

    /// The better of this and another measurement: the machine may be slower or faster now.
    public func better(withAgain file: MessageFile) throws -> SignatureLimit {
        let again = try Self.pass(over: file)
        return SignatureLimit(
            perSecond: max(perSecond, again.perSecond),
            processorMicroseconds: min(processorMicroseconds, again.processorMicroseconds))
    }

    private static func pass(over file: MessageFile) throws -> SignatureLimit {
        let reader = try file.reader()
        var elapsed = Duration.zero
        var processor = 0.0
        var count = 0
        while case let envelopes = try reader.next(part), !envelopes.isEmpty {
            let wrong = Atomic(0)
            let before = ProcessorTime.seconds
            elapsed += ContinuousClock().measure {
                AllCores.forEach(envelopes.count, stride: 64) { range in
                    for index in range where !envelopes[index].isAuthentic(as: .transaction) {
                        wrong.wrappingAdd(1, ordering: .relaxed)
                    }
                }
            }
            processor += ProcessorTime.seconds - before
            guard wrong.load(ordering: .relaxed) == 0 else {
                throw BenchFault("a signature of the benchmark's own load does not hold")
            }
            count += envelopes.count
        }
        return SignatureLimit(
            perSecond: Double(count) / elapsed.inSeconds,
            processorMicroseconds: processor / Double(count) * 1e6)
    }
}

extension Duration {
    public var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
