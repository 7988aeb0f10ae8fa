import ArgumentParser

@main
struct Koinon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "koinon")
}
