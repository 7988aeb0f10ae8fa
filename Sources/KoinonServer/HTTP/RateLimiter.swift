import Hummingbird
import Synchronization

/// Buckets that fill at a rate up to a bound, one an address.
final class RateLimiter: Sendable {
    private struct Bucket {
        var tokens: Double
        var at: ContinuousClock.Instant
    }

    let perSecond: Int
    private let burst: Double
    private let buckets = Mutex<[String: Bucket]>([:])

    /// Addresses that are remembered; those with full buckets are forgotten first.
    static let addressesMaximum = 65_536

    /// - Parameter perSecond: 0 is no limit.
    init(perSecond: Int, burst: Int) {
        self.perSecond = perSecond
        self.burst = Double(max(burst, 1))
    }

    var count: Int { buckets.withLock { $0.count } }

    /// Takes one for a request.
    ///
    /// - Throws: what its client is told that asks more often than is allowed.
    func admit(_ request: Request, from client: String) throws(Problem) {
        // Those who watch the node must not be locked out by a neighbour behind their address.
        if request.uri.path.hasPrefix("/health/") { return }
        guard let seconds = take(from: client, at: .now) else { return }
        throw Problem(
            status: .tooManyRequests, code: "tooManyRequests", title: "Too many requests",
            detail: "this address has used up its requests for now",
            remedy:
                "send at most \(perSecond) a second, and many transactions by /v1/transactions/bulk",
            retryAfter: seconds)
    }

    /// Takes one; gives the seconds after which there is one when there is none now.
    func take(from address: String, at now: ContinuousClock.Instant) -> Int? {
        guard perSecond > 0 else { return nil }
        return buckets.withLock { buckets in
            var bucket = buckets[address] ?? Bucket(tokens: burst, at: now)
            bucket = filled(bucket, at: now)
            let isThere = bucket.tokens >= 1
            if isThere { bucket.tokens -= 1 }
            if buckets.count >= Self.addressesMaximum, buckets[address] == nil {
                makeRoom(in: &buckets, at: now)
            }
            buckets[address] = bucket
            if isThere { return nil }
            return max(1, Int(((1 - bucket.tokens) / Double(perSecond)).rounded(.up)))
        }
    }

    private func filled(_ bucket: Bucket, at now: ContinuousClock.Instant) -> Bucket {
        let gained = bucket.at.duration(to: now).seconds * Double(perSecond)
        return Bucket(tokens: min(burst, bucket.tokens + max(0, gained)), at: now)
    }

    private func makeRoom(in buckets: inout [String: Bucket], at now: ContinuousClock.Instant) {
        buckets = buckets.filter { filled($0.value, at: now).tokens < burst }
        // All of them are busy: somebody has very many addresses. Everybody begins anew.
        if buckets.count >= Self.addressesMaximum { buckets = [:] }
    }
}
