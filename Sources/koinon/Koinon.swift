import ArgumentParser

@main
struct Koinon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "koinon",
        abstract: "The ledger that sharing platforms run together.",
        discussion: """
            Start with `koinon demo`, or make an alliance of your own with `koinon init`.
            Exit status: 0 done, 1 the ledger or a check says no, 2 a fault (files, disk,
            configuration), 64 wrong usage.
            """,
        subcommands: [
            DemoCommand.self, InitCommand.self, AllianceCommand.self, JoinCommand.self,
            NodeCommand.self, StatusCommand.self, RenewKeyCommand.self, KeysCommand.self,
            SendCommand.self, QueryCommand.self, ReplayCommand.self, LoadCommand.self,
            VerifyCommand.self, DiffStateCommand.self, SimulateCommand.self, ProofCommand.self,
            CheckProofCommand.self,
            FollowCommand.self, ReviewCommand.self, StandingCommand.self, ExportCommand.self,
            IndexCommand.self, SnapshotCommand.self, PruneCommand.self, BackupCommand.self,
            RestoreCommand.self, BenchCommand.self,
        ])
}
