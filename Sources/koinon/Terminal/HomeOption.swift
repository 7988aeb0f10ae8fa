import ArgumentParser
import Foundation
import KoinonNode

/// `--home`, the same for every command.
struct HomeOption: ParsableArguments {
    @Option(name: .long, help: "The node's folder.")
    var home = "koinon-home"

    var nodeHome: NodeHome {
        NodeHome(URL(filePath: home, directoryHint: .isDirectory))
    }
}
