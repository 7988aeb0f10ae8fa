import KoinonLedger
import KoinonProtocol
import Synchronization

/// Gets content that is not here from other members' nodes, and believes none of them: only
/// what has the hash is taken.
public final class ContentFetcher: Sendable {
    /// The body at a URL; nil when there is none, or it is larger than so many bytes.
    public typealias Fetch = @Sendable (_ url: String, _ maximumBytes: Int) async throws -> [UInt8]?

    private let store: ContentStore
    private let sources: [String]
    private let fetch: Fetch
    private let state = Mutex(State())

    private typealias Fetching = Task<ContentStore.Content?, any Error>

    private struct State {
        /// Under way, or waiting in a lane.
        var running: [Hash256: Fetching] = [:]
        /// The last one of each lane: one follows the other.
        var lanes: [Fetching?] = Array(repeating: nil, count: ContentFetcher.lanes)
        var nextLane = 0
        /// What nobody had lately, oldest first.
        var missing: [(hash: Hash256, until: ContinuousClock.Instant)] = []
    }

    /// How many are fetched at a time, and how many more wait: a stranger's guesses must not
    /// become a flood.
    static let lanes = 4
    static let maximumWaiting = 60
    /// So many misses are remembered, each so long.
    static let maximumMissing = 1_024
    static let missingFor = Duration.seconds(60)

    /// - Parameters:
    ///   - sources: addresses of nodes, for instance "https://node.example", asked in order.
    public init(store: ContentStore, sources: [String], fetch: @escaping Fetch) {
        self.store = store
        self.sources = sources.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        self.fetch = fetch
    }

    /// What is here, else what the first source has, which is then kept.
    ///
    /// - Returns: nil when nobody has it, or too much is being fetched.
    /// - Throws: the disk's fault.
    public func content(_ hash: Hash256) async throws -> ContentStore.Content? {
        if let content = try store.get(hash) { return content }
        guard !sources.isEmpty, !store.isDeleted(hash) else { return nil }
        return try await fetching(hash)?.value
    }

    /// What is under way for it, or begins now; nil when nobody had it lately, or too many wait.
    private func fetching(_ hash: Hash256) -> Fetching? {
        state.withLock { state in
            if let already = state.running[hash] { return already }
            let now = ContinuousClock.now
            state.missing.removeAll { $0.until <= now }
            guard !state.missing.contains(where: { $0.hash == hash }),
                state.running.count < Self.lanes + Self.maximumWaiting
            else { return nil }
            let before = state.lanes[state.nextLane]
            let fetching = Fetching {
                _ = await before?.result
                return try await self.found(hash)
            }
            state.lanes[state.nextLane] = fetching
            state.nextLane = (state.nextLane + 1) % Self.lanes
            state.running[hash] = fetching
            return fetching
        }
    }

    private func found(_ hash: Hash256) async throws -> ContentStore.Content? {
        var found: ContentStore.Content?
        defer { end(hash, isMissing: found == nil) }
        // It may have come since somebody found it missing.
        found = try store.get(hash)
        if let found { return found }
        found = await firstFound(hash)
        guard let found else { return nil }
        // Kept when there is room; given out all the same.
        do { return try store.put(found.bytes) } catch is ContentStore.Fault { return found }
    }

    private func firstFound(_ hash: Hash256) async -> ContentStore.Content? {
        let limit = max(store.limits.pictureBytes, store.limits.textBytes)
        for source in sources {
            // `local` keeps two nodes from asking each other for ever. A source that fails is
            // as good as one that has nothing.
            let url = "\(source)/v1/content/\(hash.hex)?local=true"
            guard let bytes = try? await fetch(url, limit), Hash256.sha256(bytes) == hash,
                let type = ContentType(sniffing: bytes),
                bytes.count <= (type.isPicture ? store.limits.pictureBytes : store.limits.textBytes)
            else { continue }
            return ContentStore.Content(hash: hash, type: type, bytes: bytes)
        }
        return nil
    }

    private func end(_ hash: Hash256, isMissing: Bool) {
        state.withLock { state in
            state.running[hash] = nil
            guard isMissing else { return }
            if state.missing.count >= Self.maximumMissing { state.missing.removeFirst() }
            state.missing.append((hash, ContinuousClock.now + Self.missingFor))
        }
    }
}
