import ArgumentParser

struct AllianceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alliance",
        abstract: "Found an alliance of several nodes, and look after it.",
        subcommands: [
            AllianceInitCommand.self, CertificateCommand.self, AuthorityCommand.self,
            RecoverCommand.self,
        ])
}
