import Foundation
import KoinonProtocol

@testable import KoinonLedger

/// The examples in docs/formats/, made by the code as it is now. All are about the one
/// small chain of ``ProofFixture``.
struct FormatVectors {
    let fixture: ProofFixture

    init() throws { fixture = try ProofFixture() }

    /// Document in docs/formats/ and file in Vectors/ → its vectors, in order.
    var documents: [(name: String, vectors: [FormatVector])] {
        [
            ("identifiers", [chainID, accountID, actionID]),
            ("signing", [signedMessage, packed, signedProtobuf]),
            ("transaction", [transactionBody, transactionLeaf, timerLeaf, receipt]),
            ("entry", [attestationBody, entryBody]),
            ("header", [header, members]),
            ("merkle-trees", [merkleLeaf, merkleInner, merkleRoot]),
            ("state-tree", [stateLeaf] + stateInners),
        ]
    }

    private var transaction: Envelope { fixture.transactions[0] }
    private var signer: PublicKey { transaction.publicKey }
    private var chain: ChainID { fixture.genesis.chain }
    private var sender: AccountID { AccountID(chain: chain, firstKey: signer) }

    // MARK: identifiers

    private var chainID: FormatVector {
        FormatVector(
            "chain-id",
            FormatVector.Row.tag("koinon/genesis/v1") + [
                .init("document", fixture.genesisBytes, "Vectors/genesis.json")
            ],
            [("SHA-256, the chain id", chain.hex)])
    }

    private var accountID: FormatVector {
        FormatVector(
            "account-id",
            FormatVector.Row.tag("koinon/account/v1") + [
                .init("chain", chain), .init("first public key", signer),
            ],
            [("first 20 bytes of SHA-256", Hex.encode(sender.bytes)), ("as text", sender.text)])
    }

    private var actionID: FormatVector {
        let id = OfferID(chain: chain, sender: sender, key: signer, nonce: 7, actionIndex: 1)
        return FormatVector(
            "action-id",
            FormatVector.Row.tag("koinon/offer/v1") + [
                .init("chain", chain), .init("sender", sender.bytes, sender.text),
                .init("signing public key", signer),
                .init("nonce", bigEndian: 7 as UInt64),
                .init("action index", bigEndian: 1 as UInt32),
            ],
            [("first 20 bytes of SHA-256", Hex.encode(id.bytes)), ("as text", id.text)])
    }

    // MARK: signing

    private var signedMessage: FormatVector {
        FormatVector(
            "signed-message",
            FormatVector.Row.tag(SigningTag.transaction.rawValue) + [
                .init("body", transaction.body, "\(transaction.body.count) bytes")
            ],
            [
                ("seed of the key", Hex.encode(ProofFixture.key(200).seed)),
                ("public_key", signer.hex), ("signature", "\(transaction.signature)"),
            ])
    }

    private var packed: FormatVector {
        FormatVector(
            "packed",
            [
                .init("public_key", signer),
                .init("signature", transaction.signature.bytes),
                .init("body", transaction.body, "\(transaction.body.count) bytes"),
            ])
    }

    private var signedProtobuf: FormatVector {
        FormatVector(
            "signed-protobuf",
            ProtobufAnnotator.rows(of: transaction.message.encoded, as: "Signed"))
    }

    // MARK: transaction

    private var transactionBody: FormatVector {
        FormatVector(
            "transaction-body",
            ProtobufAnnotator.rows(of: transaction.body, as: "TransactionBody"),
            [("SHA-256, the transaction's id", transaction.bodyHash.hex)])
    }

    private var transactionLeaf: FormatVector {
        FormatVector(
            "transaction-leaf",
            [
                .init("leaf", [0], "RFC 6962"), .init("kind", [1], "transaction"),
                .init("packed", transaction.packed, "\(transaction.packed.count) bytes"),
            ],
            [
                (
                    "SHA-256, the leaf hash",
                    MerkleTree.leafHash(.transaction, transaction.packed).hex
                )
            ])
    }

    private var timerLeaf: FormatVector {
        var timer = TimerRecord()
        timer.dueMs = 1_514_764_802_000
        timer.module = 6
        timer.kind = 1
        timer.subject = Data((0..<20).map { UInt8($0) })
        timer.name = "late"
        return FormatVector(
            "timer-leaf",
            [.init("leaf", [0], "RFC 6962"), .init("kind", [0], "timer")]
                + ProtobufAnnotator.rows(of: timer.encoded, as: "TimerRecord"),
            [("SHA-256, the leaf hash", MerkleTree.leafHash(.timer, timer.encoded).hex)])
    }

    private var receipt: FormatVector {
        var receipt = Receipt()
        receipt.code = 3003
        receipt.actionIndex = 1
        receipt.field = "amount_minor"
        receipt.detail = "balance 100"
        return FormatVector(
            "receipt", ProtobufAnnotator.rows(of: receipt.encoded, as: "Receipt"),
            [("leaf hash", MerkleTree.leafHash(receipt.encoded).hex)])
    }

    // MARK: entry

    private var attestation: Envelope { fixture.attestation("ant", fixture.headers[2]).envelope }

    private var attestationBody: FormatVector {
        FormatVector(
            "attestation-body",
            ProtobufAnnotator.rows(of: attestation.body, as: "AttestationBody"),
            [
                ("public_key", attestation.publicKey.hex),
                ("signature", "\(attestation.signature)"),
            ])
    }

    private var entryBody: FormatVector {
        var body = EntryBody()
        body.chain = Data(chain.bytes)
        body.author = "ant"
        body.sequence = 3
        body.clockMs = 1_514_764_803_000
        body.attestations = [attestation.message]
        body.transactions = [transaction.message]
        let entry = ProofFixture.key(1).sign(body.encoded, as: .entry)
        return FormatVector(
            "entry-body", ProtobufAnnotator.rows(of: entry.body, as: "EntryBody"),
            [
                ("public_key", entry.publicKey.hex), ("signature", "\(entry.signature)"),
                ("leaf hash of the packed entry", MerkleTree.leafHash(entry.packed).hex),
            ])
    }

    // MARK: header

    private var header: FormatVector {
        let header = fixture.headers[2]
        let name = Array("bee".utf8)
        return FormatVector(
            "header",
            [
                .init("version", bigEndian: header.version), .init("chain", header.chain),
                .init("epoch", bigEndian: header.epoch),
                .init("height", bigEndian: header.height.rawValue),
                .init("parent", header.parent),
                .init(
                    "time_ms", bigEndian: header.time.milliseconds,
                    "\(header.time), 2018-01-01 00:00:02 UTC"),
                .init("entries_root", header.entriesRoot),
                .init("transactions_root", header.transactionsRoot),
                .init("receipts_root", header.receiptsRoot),
                .init("state_root", header.stateRoot),
                .init("history_root", header.historyRoot),
                .init("members_hash", header.membersHash),
                .init("next_members_hash", header.nextMembersHash),
                .init(
                    "proposer", name + [UInt8](repeating: 0, count: 32 - name.count), "\"bee\""),
            ],
            [("the block's hash", header.hash.hex)])
    }

    private var members: FormatVector {
        var rows = FormatVector.Row.tag("koinon/members/v1")
        let set = fixture.genesis.memberSet
        rows.append(.init("count", bigEndian: UInt32(set.members.count)))
        for member in set.members {
            let id = member.id.rawValue
            rows.append(.init("id length", [UInt8(id.utf8.count)], "\(id.utf8.count)"))
            rows.append(.init("id", text: id))
            rows.append(.init("node key", member.nodeKey))
        }
        return FormatVector(
            "members", rows,
            [("SHA-256, the members' hash", set.hash.hex), ("quorum", "\(set.quorum)")])
    }

    // MARK: trees

    private var merkleLeaf: FormatVector {
        FormatVector(
            "merkle-leaf", [.init("leaf", [0]), .init("content", text: "one")],
            [("SHA-256, the leaf hash", MerkleTree.leafHash(Array("one".utf8)).hex)])
    }

    private var merkleInner: FormatVector {
        let left = MerkleTree.leafHash(Array("one".utf8))
        let right = MerkleTree.leafHash(Array("two".utf8))
        return FormatVector(
            "merkle-inner",
            [.init("inner", [1]), .init("left", left), .init("right", right)],
            [("SHA-256, the root over both", MerkleTree.root(ofLeafHashes: [left, right]).hex)])
    }

    private var merkleRoot: FormatVector {
        let leaves = ["one", "two", "three"].map { Array($0.utf8) }
        return FormatVector(
            "merkle-root",
            [
                .init("inner", [1]),
                .init("left", MerkleTree.root(ofLeaves: Array(leaves.prefix(2)))),
                .init("right", MerkleTree.leafHash(leaves[2])),
            ],
            [
                ("SHA-256, the root over three", MerkleTree.root(ofLeaves: leaves).hex),
                ("the root over none", MerkleTree.emptyRoot.hex),
            ])
    }

    private static let stateRows: [(key: [UInt8], value: [UInt8]?)] = ["a", "b", "c"].map {
        (key: Array($0.utf8), value: Array("1".utf8))
    }

    private var stateLeaf: FormatVector {
        let (key, value) = (Array("a".utf8), Array("1".utf8))
        var tree = StateTree()
        tree.apply([(key: key, value: value)])
        return FormatVector(
            "state-leaf",
            [
                .init("leaf", [0]), .init("SHA-256 of the key", Hash256.sha256(key).bytes, "\"a\""),
                .init("SHA-256 of the value", Hash256.sha256(value).bytes, "\"1\""),
            ],
            [("SHA-256, the leaf and the root of this tree", tree.root.hex)])
    }

    private static func leaf(_ key: String) -> Hash256 {
        StateTreeHash.leaf(keyHash: .sha256(Array(key.utf8)), valueHash: .sha256([0x31]))
    }

    /// The hashes of the keys begin: a 1100, b 0011, c 0010. So b and c part at the fourth
    /// bit, and two inner nodes above them have one side empty.
    private static let fork = StateTreeHash.inner(leaf("c"), leaf("b"))
    private static let above = StateTreeHash.inner(.zero, fork)
    private static let top = StateTreeHash.inner(above, .zero)

    private static func inner(
        _ name: String, _ left: (Hash256, String), _ right: (Hash256, String), _ result: String,
        _ hash: Hash256
    ) -> FormatVector {
        FormatVector(
            name,
            [
                .init("inner", [1]), .init("left", left.0.bytes, left.1),
                .init("right", right.0.bytes, right.1),
            ],
            [("SHA-256, \(result)", hash.hex)])
    }

    private var stateInners: [FormatVector] {
        var tree = StateTree()
        tree.apply(Self.stateRows)
        return [
            Self.inner(
                "state-001", (Self.leaf("c"), "leaf of c"), (Self.leaf("b"), "leaf of b"),
                "node 001", Self.fork),
            Self.inner(
                "state-00", (.zero, "empty"), (Self.fork, "node 001"), "node 00", Self.above),
            Self.inner("state-0", (Self.above, "node 00"), (.zero, "empty"), "node 0", Self.top),
            Self.inner(
                "state-root", (Self.top, "node 0"), (Self.leaf("a"), "leaf of a"), "the state root",
                tree.root),
        ]
    }
}
