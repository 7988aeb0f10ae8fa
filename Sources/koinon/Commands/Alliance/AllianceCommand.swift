import ArgumentParser

struct AllianceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alliance",
        abstract: "What members of an alliance do together.",
        subcommands: [RecoverCommand.self])
}
