import KoinonLedger
import KoinonProtocol

extension RecoveryRecord {
    /// Takes the signatures of another copy.
    ///
    /// - Parameter name: what the copy is called, for faults.
    /// - Throws: ``RecoveryFault`` when it is of another epoch, base or statements.
    public mutating func addSignatures(
        of other: RecoveryRecord, from name: String
    ) throws(RecoveryFault) {
        var bare = other
        bare.beginning.base.attestations = beginning.base.attestations
        guard bare == self else {
            throw RecoveryFault(
                "\(name) is not a copy of the same record",
                remedy: "have everybody sign copies of one proposal")
        }
        for signed in other.beginning.base.attestations
        where !beginning.base.attestations.contains(where: { $0.publicKey == signed.publicKey }) {
            beginning.base.attestations.append(signed)
        }
    }

    /// A record that holds nothing but a final header for others to see, as those write who
    /// refuse another.
    public static func showing(_ final: SignedHeader, sets: [MemberList]) -> RecoveryRecord {
        RecoveryRecord.with {
            $0.quorums = [final]
            $0.sets = sets
        }
    }
}
