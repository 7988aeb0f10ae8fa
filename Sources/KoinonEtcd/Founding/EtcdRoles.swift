import KoinonProtocol

/// Who may do what in etcd: every member reads the whole order, and writes or deletes only
/// what it authored and its own mark of what is trimmed.
public enum EtcdRoles {
    /// Arguments of etcdctl, one command each, that set up a new etcd; run as `root`, in order.
    /// The last turns the rules on.
    public static func commands(chain: ChainID, members: [MemberID]) -> [[String]] {
        [
            ["role", "add", "root"], ["user", "add", "root", "--no-password"],
            ["user", "grant-role", "root", "root"],
        ] + members.flatMap { adding($0, chain: chain) } + [["auth", "enable"]]
    }

    /// Arguments of etcdctl, one command each, that let one more member in.
    public static func adding(_ member: MemberID, chain: ChainID) -> [[String]] {
        // Rights are the same in every epoch.
        let keys = EntryKeys(chain: chain, epoch: 0)
        let name = member.rawValue
        func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        return [
            ["role", "add", name],
            ["role", "grant-permission", "--prefix", name, "read", text(keys.root)],
            [
                "role", "grant-permission", "--prefix", name, "readwrite",
                text(keys.lanes(of: name)),
            ],
            ["role", "grant-permission", name, "readwrite", text(keys.mark(of: name))],
            ["user", "add", name, "--no-password"], ["user", "grant-role", name, name],
        ]
    }
}
