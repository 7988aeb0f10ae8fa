import KoinonLedger
import KoinonMachine
import KoinonProtocol

extension FuzzTarget {
    /// A genesis document, its form and what the modules make of it.
    public static let genesis = FuzzTarget("genesis", maximumBytes: 65_536) { bytes in
        guard
            let document = try taken({ () throws(GenesisFault) in
                try GenesisDocument(contentsOf: bytes)
            })
        else { return }
        try hold(document.bytes == bytes, "the document keeps other bytes than it was read from")
        try MessageProperties.check(document.genesis)
        let members = document.memberSet.members
        try hold(
            (1...GenesisDocument.membersMaximum).contains(members.count)
                && Set(members.map(\.id)).count == members.count
                && Set(members.map(\.nodeKey)).count == members.count,
            "the members are too many, none, or one of them twice")

        let block: ExecutedBlock
        do { block = try GenesisBlock.make(document) } catch let refused as GenesisRefused {
            return try hold(!refused.description.isEmpty, "a refusal without a text")
        }
        let replica = try Replica(genesis: document)
        try hold(replica.header == block.header, "block 0 is made in two ways")
        try hold(replica.tree.root == block.header.stateRoot, "block 0 commits to another state")
        try hold(replica.members == document.memberSet, "the state names other members")
        let violations = Modules.invariantViolations(in: replica.state)
        try hold(violations.isEmpty, "block 0: \(violations.joined(separator: "; "))")
    }
}
