import KoinonProtocol

/// What somebody believes who follows a chain by signatures alone: the genesis document at
/// first, then the highest final header that was shown, and who judges what follows.
///
/// It never goes back: a header is taken only with a quorum of its judges and a path that
/// shows the header trusted before to be its ancestor.
public struct TrustedChain: Hashable, Sendable {
    public private(set) var sets: TrustedSets
    /// The highest header that is trusted; nil while only the genesis document is known.
    public private(set) var header: BlockHeader?
    /// The quorum under ``header``, and who they were a quorum of.
    public private(set) var attestations: [ProofFile.Attestation] = []
    public private(set) var judges: MemberSet

    public init(genesis: GenesisDocument) {
        sets = TrustedSets(genesis: genesis)
        judges = genesis.memberSet
    }

    init(
        sets: TrustedSets, header: BlockHeader?, attestations: [ProofFile.Attestation],
        judges: MemberSet
    ) {
        self.sets = sets
        self.header = header
        self.attestations = attestations
        self.judges = judges
    }

    public var chain: ChainID { sets.chain }
    public var height: Height { header?.height ?? .genesis }

    /// Why a document moves nothing.
    public enum Refusal: Error, Equatable, CustomStringConvertible {
        /// Part of it does not hold: whoever sent it errs or lies.
        case wrong(ProofFault)
        /// It ends below what is trusted.
        case behind(Height)
        /// Its header has a quorum, and is on another chain than the header trusted: more than
        /// f members of a set signed two histories, or a final block was given up.
        case forks(BlockHeader)
        /// Nothing shows that the header trusted is its ancestor.
        case unconnected(Height)

        public var description: String {
            switch self {
            case .wrong(let fault): fault.description
            case .behind(let height): "ends at block \(height), below what is trusted"
            case .forks(let header):
                "shows a quorum for block \(header.height), \(header.hash), on another chain"
            case .unconnected(let height):
                "does not show how block \(height) follows what is trusted"
            }
        }
    }

    /// What a document leads to.
    ///
    /// - Parameter ancestry: shows what stands at the trusted height in the document's chain;
    ///   not needed while nothing but the genesis document is trusted.
    /// - Throws: ``Refusal``
    public func following(
        _ document: TrustDocument, ancestry: Ancestry?
    ) throws(Refusal) -> TrustedChain {
        guard document.chain == chain else {
            throw .wrong(ProofFault(path: "chain", problem: "is \(document.chain), another chain"))
        }
        // Below what is trusted nothing can be gained, and other members may have judged there.
        if document.header.height < height { throw .behind(document.header.height) }
        var next = self
        do throws(ProofFault) {
            try next.take(document)
        } catch {
            throw .wrong(error)
        }
        guard let header else { return next }
        let new = document.header
        if new.height == header.height {
            guard new == header else { throw .forks(new) }
            return next
        }
        guard let ancestry, ancestry.header.height == header.height, ancestry.holds(in: new)
        else { throw .unconnected(new.height) }
        guard ancestry.header == header else { throw .forks(new) }
        return next
    }

    private mutating func take(_ document: TrustDocument) throws(ProofFault) {
        let changes = document.memberChanges
        // A document may end with a change: its own judges are those before it.
        if let last = changes.last, last.header == document.header {
            try sets.take(Array(changes.dropLast()), document.epochRecords)
            judges = sets.members
            try sets.take([last], [])
            attestations = last.attestations
        } else {
            try sets.take(changes, document.epochRecords)
            try sets.checkFinal(document.header, document.attestations)
            guard document.header.nextMembersHash == sets.members.hash else {
                throw ProofFault(path: "header", problem: "names members that are not shown")
            }
            judges = sets.members
            attestations = document.attestations
        }
        header = document.header
    }
}
