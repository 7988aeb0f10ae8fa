import KoinonProtocol

/// Why a proof file proves nothing: where, and what is wrong there.
public struct ProofFault: Error, Equatable, CustomStringConvertible {
    /// From the outermost object inward, for instance "attestations[0].signature"; empty
    /// for the file as a whole.
    public var path: String
    public var problem: String

    public init(path: String, problem: String) {
        self.path = path
        self.problem = problem
    }

    public var description: String {
        "proof file: \(path.isEmpty ? "the file" : path) \(problem)"
    }
}
