import Foundation
import KoinonLedger
import KoinonProtocol

extension AccountConsent {
    /// A person's agreement that `sponsor` opens an account whose first key is `key`.
    ///
    /// The sponsor's account sends it in ``Action/openAccount(consent:)``; the account will be
    /// `AccountID(chain:firstKey:)`.
    public static func signed(by key: SigningKey, chain: ChainID, sponsor: MemberID) -> Envelope {
        var consent = AccountConsent()
        consent.chain = Data(chain.bytes)
        consent.sponsor = sponsor.rawValue
        return key.sign(consent.encoded, as: .accountConsent)
    }
}
