import ArgumentParser
import Foundation
import KoinonClient
import KoinonNode

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how far nodes are, who signs, who is missing, and what to do.",
        discussion: """
            Asks the node of the home, the peers in its node.json, and every --node.

              koinon status --home koinon-home
              koinon status --node http://10.0.0.5:8080 --node http://10.0.0.6:8080
              koinon status --home koinon-home --watch
              koinon status --home koinon-home --json

            Exit status: 0 all is well, 1 something needs doing, 2 no node answers.
            """)

    @OptionGroup var homeOption: HomeOption
    @Option(name: .long, help: "A node's address; repeat for more.") var node: [String] = []
    @Flag(name: .long, help: "Show it again every second, until Control-C.") var watch = false
    @Flag(name: .long, help: "Print everything as JSON, with --watch a line a second.")
    var json = false

    func run() async throws {
        try await ExitStatus.reporting {
            let screen = StatusScreen(isInteractive: watch && !json)
            while true {
                let observations = try await observe()
                let report = StatusReport(observations)
                if json {
                    print(try report.json(pretty: !watch))
                } else {
                    screen.show(report.text(width: Terminal.width))
                }
                guard watch else {
                    if observations.allSatisfy(\.isSilent) { throw ExitStatus.fault }
                    if !report.diagnosis.isWell { throw ExitStatus.no }
                    return
                }
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Of the nodes named, else of the home's own and its peers.
    private func observe() async throws -> [NodeObservation] {
        guard node.isEmpty else { return await StatusReading.observe(node) }
        let home = homeOption.nodeHome
        let peers = try home.configuration().peers ?? []
        if let own = try? String(contentsOf: home.addressFile, encoding: .utf8) {
            let address = own.trimmingCharacters(in: .whitespacesAndNewlines)
            return await StatusReading.observe([address] + peers)
        }
        guard !peers.isEmpty else { throw NodeClientFault.notRunning(home: homeOption.home) }
        // A node that stopped by itself is not to be missing without a word.
        let stopped = NodeObservation(
            address: homeOption.home,
            status: .failure(NodeSilence(reason: "no node runs on this home")))
        return [stopped] + (await StatusReading.observe(peers))
    }
}

/// Asks nodes how they are.
enum StatusReading {
    static func observe(_ addresses: [String]) async -> [NodeObservation] {
        await withTaskGroup(of: (Int, NodeObservation).self) { group in
            for (index, address) in addresses.enumerated() {
                group.addTask { (index, await observe(address)) }
            }
            var found: [(Int, NodeObservation)] = []
            for await one in group { found.append(one) }
            return found.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private static func observe(_ address: String) async -> NodeObservation {
        do {
            let status = try await NodeClient(address).status(within: .seconds(3))
            return NodeObservation(address: address, status: .success(status))
        } catch {
            return NodeObservation(
                address: address, status: .failure(NodeSilence(reason: reason(error))))
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case NodeClientFault.unreachable(_, let cause):
            let text = NodeClientFault.reason(cause)
            if text.contains("imeout") || text.contains("eadline") { return "no answer in 3 s" }
            return String(text.prefix(80))
        default: return String("\(error)".prefix(200))
        }
    }
}

extension NodeObservation {
    var isSilent: Bool { if case .failure = status { true } else { false } }
}

/// Shows one picture after the other: on a terminal in the same place, elsewhere one below the
/// other and only when it changes.
final class StatusScreen {
    private let isInteractive: Bool
    private var last: String?

    init(isInteractive: Bool) {
        self.isInteractive = isInteractive && Terminal.isOutputInteractive
    }

    func show(_ text: String) {
        guard isInteractive else {
            if text != last { print(text + (last == nil ? "" : "\n")) }
            last = text
            return
        }
        // In one write, over what stands there, and each line's rest erased: nothing flickers.
        var frame = last == nil ? "\u{1b}[2J" : ""
        frame += "\u{1b}[H"
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            frame += line + "\u{1b}[K\n"
        }
        frame += "\u{1b}[J"
        last = text
        FileHandle.standardOutput.write(Data(frame.utf8))
    }
}
