import KoinonLedger
import KoinonProtocol

/// The guards of the members hosted here, by node key.
package struct GuardKeeper: Sendable {
    private var guards: [PublicKey: any AttestationGuard]

    package init(_ guards: [PublicKey: any AttestationGuard]) {
        self.guards = guards
    }

    /// Those in the files of a home.
    init(home: NodeHome, hosted: [HostedMember]) {
        self.init(
            Dictionary(
                hosted.map { member in
                    (
                        member.nodeKey.publicKey,
                        GuardFile(
                            home: home.directory, member: member.id,
                            nodeKey: member.nodeKey.publicKey) as any AttestationGuard
                    )
                }, uniquingKeysWith: { first, _ in first }))
    }

    /// Takes up the guard of another key, in its file.
    mutating func add(_ member: HostedMember, home: NodeHome) {
        let key = member.nodeKey.publicKey
        guard guards[key] == nil else { return }
        guards[key] = GuardFile(home: home.directory, member: member.id, nodeKey: key)
    }

    package func record(of member: HostedMember) throws -> GuardRecord? {
        try guards[member.nodeKey.publicKey]?.current()
    }

    /// All are durable on return; at most one for each key.
    package func raise(_ records: [GuardRecord]) throws {
        var files: [(file: GuardFile, record: GuardRecord)] = []
        for record in records {
            switch guards[record.nodeKey] {
            case let file as GuardFile: files.append((file, record))
            case let other: try other?.raise(to: record)
            }
        }
        try GuardFile.raise(files)
    }
}
