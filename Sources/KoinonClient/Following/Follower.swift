import KoinonLedger
import KoinonProtocol

/// Follows a chain by signatures through several nodes, and holds them against each other.
///
/// Each is asked for itself, so that none speaks for another; what one shows is taken only
/// when a quorum signed it, and the highest header that holds is trusted from then on. Nothing
/// is taken while two headers with quorums contradict each other.
public struct Follower: Sendable {
    /// What is to be said of a node.
    public enum Verdict: Sendable, Equatable {
        /// Shows the chain up to that block.
        case agrees(Height)
        /// Shows the chain, but ends so many blocks below what is trusted.
        case lags(Height, by: UInt64)
        case silent(String)
        /// Shows something that does not hold.
        case wrong(String)
        /// Shows a header with a quorum on another chain than the others, or than the one
        /// trusted before.
        case forks(BlockHeader)
    }

    /// What one round found.
    public struct Round: Sendable {
        public var chain: TrustedChain
        /// In the order of the sources.
        public var nodes: [(name: String, verdict: Verdict)]
        /// What proves that two histories were signed, by source.
        public var evidence: [(name: String, document: TrustDocument)] = []

        public var hasFork: Bool {
            nodes.contains { if case .forks = $0.verdict { true } else { false } }
        }
    }

    /// Documents taken from one node in one round; each holds up to 64 changes of members.
    static let pagesMaximum = 1_000

    let sources: [any TrustSource]
    let lagTolerance: UInt64

    /// - Parameter lagTolerance: a node so many blocks behind still counts as up to date.
    public init(_ sources: [any TrustSource], lagTolerance: UInt64 = 64) {
        self.sources = sources
        self.lagTolerance = lagTolerance
    }

    /// Asks every node once, side by side.
    public func round(from trusted: TrustedChain) async -> Round {
        var comparison = Comparison(follower: self, trusted: trusted)
        await withTaskGroup(of: (Int, Answer).self) { group in
            for (index, source) in sources.enumerated() {
                group.addTask { (index, await Self.follow(source, from: trusted)) }
            }
            for await (index, answer) in group { comparison.add(answer, of: index) }
        }
        return await comparison.round()
    }

    /// Where one node leads.
    enum Answer: Sendable {
        /// Beyond what is trusted, or just there; and the last document that led there.
        case ahead(TrustedChain, TrustDocument)
        /// Below what is trusted.
        case behind(TrustDocument)
        case forks(TrustDocument)
        case verdict(Verdict)
    }

    /// Takes one node's documents until they bring nothing new.
    private static func follow(
        _ source: any TrustSource, from trusted: TrustedChain
    ) async -> Answer {
        var chain = trusted
        for _ in 0..<pagesMaximum {
            let bytes: [UInt8]
            do {
                bytes = try await source.trust(from: chain.sets.least, epoch: chain.sets.epoch)
            } catch {
                return .verdict(.silent("\(error)"))
            }
            let document: TrustDocument
            do { document = try TrustDocument(json: bytes) } catch {
                return .verdict(.wrong("\(error)"))
            }
            do {
                let ancestry = try await ancestry(of: chain, for: document, from: source)
                let next = try chain.following(document, ancestry: ancestry)
                guard next != chain, document.isFull else { return .ahead(next, document) }
                chain = next
            } catch TrustedChain.Refusal.behind {
                return .behind(document)
            } catch TrustedChain.Refusal.forks {
                return .forks(document)
            } catch {
                return .verdict(.wrong("\(error)"))
            }
        }
        return .verdict(.wrong("shows changes of members without an end"))
    }

    /// A path from what is trusted to a document's header, where one is needed.
    private static func ancestry(
        of chain: TrustedChain, for document: TrustDocument, from source: any TrustSource
    ) async throws -> Ancestry? {
        guard let header = chain.header, document.header.height > header.height else { return nil }
        return try Ancestry(
            json: try await source.history(of: header.height, in: document.header.height))
    }
}
