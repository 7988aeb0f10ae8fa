import ArgumentParser
import Foundation
import KoinonEtcd

struct AuthorityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "authority",
        abstract: "Make another authority before the present one ends.",
        discussion: """
            It is good for ten years and takes the place of the one in FOLDER/authority,
            which stays beside it. docs/operate.md says how everybody goes over to it
            without standing still.

              koinon alliance authority --folder alliance
            """)

    @Option(name: .long, help: "The alliance's folder.")
    var folder = "koinon-alliance"

    func run() async throws {
        try await ExitStatus.reporting {
            let alliance = URL(filePath: folder, directoryHint: .isDirectory)
            // A wrong folder would get an authority that nobody has use for.
            guard FileManager.default.fileExists(atPath: alliance.path) else {
                throw ValidationError("--folder: \"\(folder)\" is not there; name the alliance's")
            }
            let made = try AllianceCertificates.makeAuthority(in: alliance, at: Date())
            print("made another authority, \(made.text)")
            print(
                """
                next, one after the other (docs/operate.md, "Another authority"):
                  1. add \(made.certificate.relativePath) to every ca.pem of nodes and servers;
                     then start the servers of etcd again, one after the other
                  2. sign everybody's certificate again: koinon alliance certificate
                  3. when all are in their places, take the old one out of every ca.pem
                keep \(folder)/authority offline
                """)
        }
    }
}
