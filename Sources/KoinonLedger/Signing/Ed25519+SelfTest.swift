import KoinonProtocol

/// The signature library of this machine judges otherwise than the alliance.
public struct Ed25519Fault: Error, Equatable, CustomStringConvertible {
    /// The edge case judged wrongly.
    public var name: String

    public var description: String {
        """
        libsodium judges an Ed25519 signature otherwise than this ledger must ("\(name)"); \
        install libsodium 1.0.18, without which this node would leave the common history
        """
    }
}

extension Ed25519 {
    /// Judges ``edgeCases``; a node does this before anything else. A few milliseconds.
    ///
    /// - Throws: ``Ed25519Fault`` with the first case judged otherwise.
    public static func selfTest() throws(Ed25519Fault) {
        for edgeCase in edgeCases {
            guard let key = PublicKey(hex: edgeCase.publicKey),
                let signature = Hex.decode(edgeCase.r + edgeCase.s).flatMap({ Signature($0) })
            else { throw Ed25519Fault(name: edgeCase.name) }
            let verdict = edgeCaseMessage.withUnsafeBytes {
                isAuthentic(signature, of: $0, by: key)
            }
            guard verdict == edgeCase.isAuthentic else {
                throw Ed25519Fault(name: edgeCase.name)
            }
        }
    }

    /// All edge cases sign "koinon", without a tag.
    static let edgeCaseMessage = Array("koinon".utf8)

    struct EdgeCase: Sendable {
        var name: String
        var publicKey: String
        var r: String
        var s: String
        var isAuthentic = false
    }

    /// Crafted signatures on which libraries differ. Made with the group law in
    /// plain integers; where the name says that an equation holds, it does.
    /// The ways to differ: Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs" (2020).
    static let edgeCases: [EdgeCase] = [
        EdgeCase(
            name: "an ordinary signature",
            publicKey: "82645b347a59ea4dc8b119228424f01b5b430e245edeca05d5e9d1a7fe9ec780",
            r: "b31b20f50426242514d81b383548bd90de72fd0b8cf2382a88f9f52ce5076b23",
            s: "d44f954d156d2f86ed34045ce6563e2e621f8a3bf884f0a15445ef24ffac4209",
            isAuthentic: true),
        EdgeCase(
            name: "the ordinary signature with S + L",
            publicKey: "82645b347a59ea4dc8b119228424f01b5b430e245edeca05d5e9d1a7fe9ec780",
            r: "b31b20f50426242514d81b383548bd90de72fd0b8cf2382a88f9f52ce5076b23",
            s: "c1238baa2fd041dec3d1fbfec4501d43621f8a3bf884f0a15445ef24ffac4219"),
        EdgeCase(
            name: "the ordinary signature with the highest bit of S set",
            publicKey: "82645b347a59ea4dc8b119228424f01b5b430e245edeca05d5e9d1a7fe9ec780",
            r: "b31b20f50426242514d81b383548bd90de72fd0b8cf2382a88f9f52ce5076b23",
            s: "d44f954d156d2f86ed34045ce6563e2e621f8a3bf884f0a15445ef24ffac4289"),
        EdgeCase(
            name: "R is the identity and the equation holds",
            publicKey: "82645b347a59ea4dc8b119228424f01b5b430e245edeca05d5e9d1a7fe9ec780",
            r: "0100000000000000000000000000000000000000000000000000000000000000",
            s: "9c42807ab7b56d88e3de4e0bd4c773794bf791e97fdc793f00eeb9ddd535bf0b"),
        EdgeCase(
            name: "R is the identity, not canonically encoded",
            publicKey: "82645b347a59ea4dc8b119228424f01b5b430e245edeca05d5e9d1a7fe9ec780",
            r: "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            s: "e6fd4caad03519e4bd5176941f9a95dacdf4c9add8462a1871d1033933435c0a"),
        EdgeCase(
            name: "R is the identity with the sign bit set",
            publicKey: "82645b347a59ea4dc8b119228424f01b5b430e245edeca05d5e9d1a7fe9ec780",
            r: "0100000000000000000000000000000000000000000000000000000000000080",
            s: "eec962d6ba2b7d8c631328cfecc1934650f7c7ad9300ce76907965d3b3d4280e"),
        EdgeCase(
            name: "R has order 8; holds only with a cofactor",
            publicKey: "82645b347a59ea4dc8b119228424f01b5b430e245edeca05d5e9d1a7fe9ec780",
            r: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            s: "cf0662ffa6a61cb00fdcdd1d0998652032ef14e2e397964ff8b087c7159c950d"),
        EdgeCase(
            name: "R has a torsion part; holds only with a cofactor",
            publicKey: "82645b347a59ea4dc8b119228424f01b5b430e245edeca05d5e9d1a7fe9ec780",
            r: "186ed2bdbd1a36f6437c5168b0221914018ea4f32a1c3fcd1c1794d64fbd596e",
            s: "3d2c34c03b843ff0bcfabb5444000ce2870bf25837d1f958117f96c53c0a0f04"),
        EdgeCase(
            name: "the key has a torsion part and the equation holds without a cofactor",
            publicKey: "445d4a8022c522f9116c57cb6e2848a0042f58ccc12813bc612566272ad19ca9",
            r: "aeb51713667ec4aa9178150f21ab22ab023a733fc8c983b2d46e31b41656b159",
            s: "944ea1fc36c172de1a6509a566c7b757ee1d49c2313afed8e16295c96f83950e"),
        EdgeCase(
            name: "the key has a torsion part; holds only with a cofactor",
            publicKey: "445d4a8022c522f9116c57cb6e2848a0042f58ccc12813bc612566272ad19ca9",
            r: "7d7b4e00cb84bdef226be038d396074c833cc9201c27ad8fb561f8d725b00dd3",
            s: "fcfecba822d41179e8fed626c4e918d7f352ee379d7e9d77deb409d7a6bc5505"),
        EdgeCase(
            name: "the torsion parts of key and R cancel each other",
            publicKey: "445d4a8022c522f9116c57cb6e2848a0042f58ccc12813bc612566272ad19ca9",
            r: "cd4fda2e18dfc0c548a3fc268b6fd081cced03476964f8262c633b6c89ecdf2d",
            s: "7c66bd813fe275c79a20497f833660cf6a99e4812e8349a7343b9a1a559b260e"),
        EdgeCase(
            name: "the key is the identity",
            publicKey: "0100000000000000000000000000000000000000000000000000000000000000",
            r: "b31b20f50426242514d81b383548bd90de72fd0b8cf2382a88f9f52ce5076b23",
            s: "e878dca548664051e5e695d8c157b538a506f9a3dd9f0e9cfed7f4de62238207"),
        EdgeCase(
            name: "the key is the identity, not canonically encoded",
            publicKey: "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            r: "b31b20f50426242514d81b383548bd90de72fd0b8cf2382a88f9f52ce5076b23",
            s: "e878dca548664051e5e695d8c157b538a506f9a3dd9f0e9cfed7f4de62238207"),
        EdgeCase(
            name: "the key has order 8 and the equation holds",
            publicKey: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            r: "a6927c4c5f14f33d01596f64344dd8897d1b77f9c17adcc15d020ebd3c17d4de",
            s: "1546269fa84ce4311ee9175263229f0ac2ea91589677a12bd17e0bbaa925a001"),
        EdgeCase(
            name: "the key has order 2 and the equation holds",
            publicKey: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            r: "51c66dedfd4f44005722d5f175da6e6e2858a04227ce1d7ccd092cf9433132ca",
            s: "efc36f911f6088f2f637f8575b3bbff1fd04b3346bb21dda647ad8cff6ab030b"),
        EdgeCase(
            name: "the key's y is p + 3, a point but not canonical",
            publicKey: "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            r: "b31b20f50426242514d81b383548bd90de72fd0b8cf2382a88f9f52ce5076b23",
            s: "d44f954d156d2f86ed34045ce6563e2e621f8a3bf884f0a15445ef24ffac4209"),
        EdgeCase(
            name: "the key is on no point of the curve",
            publicKey: "0200000000000000000000000000000000000000000000000000000000000000",
            r: "b31b20f50426242514d81b383548bd90de72fd0b8cf2382a88f9f52ce5076b23",
            s: "d44f954d156d2f86ed34045ce6563e2e621f8a3bf884f0a15445ef24ffac4209"),
    ]
}
