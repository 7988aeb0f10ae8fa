import ArgumentParser
import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol

struct ReviewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "review",
        abstract: "Review the other party of a settled agreement.",
        discussion: """
            A review is sealed first: only its hash is told. When both parties have sealed,
            or the time for it is over, each opens its own; what is never opened does not
            count.

              koinon review seal koiagr1… --as ben --score 8
              koinon review open koiagr1… --as ben

            What was sealed lies in HOME/reviews until then, readable by its owner only.
            """,
        subcommands: [Seal.self, Open.self])

    /// What both steps are about.
    struct Subject: ParsableArguments {
        @Argument(help: "The agreement.") var agreement: String
        @Option(name: .customLong("as"), help: "The name of the key that signs.")
        var key: String
        @Flag(name: .long, help: "Print the outcome as JSON.") var json = false
        @OptionGroup var homeOption: HomeOption
        @OptionGroup var nodeOption: NodeOption

        /// Who signs, and the node that takes it.
        func sender() async throws -> Sender {
            let home = homeOption.nodeHome
            return try await Sender(
                name: key, account: nil, home: home, client: nodeOption.client(of: home))
        }

        func agreementID() throws -> AgreementID {
            guard let id = AgreementID(text: agreement) else {
                throw ValidationError(
                    "AGREEMENT: \"\(agreement)\" is no agreement; they begin with koiagr1")
            }
            return id
        }

        var file: URL {
            homeOption.nodeHome.directory.appending(path: "reviews")
                .appending(path: "\(agreement).\(key).json")
        }
    }

    /// Kept from the seal until it is opened.
    private struct Secret: Codable {
        var score: Int32
        var salt: String
        /// SHA-256 of the text, "" for none.
        var text_hash: String
    }

    struct Seal: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "seal", abstract: "Commit to a review without telling it.")
        @OptionGroup var subject: Subject
        // Else "-3" would be taken for an option.
        @Option(
            name: .long, parsing: .unconditional, help: "From -10 to 10; 0 says nothing.")
        var score: Int32
        @Option(name: .long, help: "A file with words; only its SHA-256 goes on the ledger.")
        var text: String?

        func validate() throws {
            guard Reputation.scores.contains(score) else {
                throw ValidationError("--score: \(score); give one from -10 to 10")
            }
        }

        func run() async throws {
            try await ExitStatus.reporting {
                let id = try subject.agreementID()
                let home = subject.homeOption.nodeHome
                let key = try home.keyRing.key(named: subject.key)
                let reviewer = try home.genesis().accountID(of: key.publicKey)
                let textHash = try text.map { path in
                    Hash256.sha256(Array(try Data(contentsOf: URL(filePath: path))))
                }
                var generator = SystemRandomNumberGenerator()
                let salt = (0..<SealedReview.saltBytes).map { _ in
                    UInt8.random(in: .min ... .max, using: &generator)
                }
                let sender = try await subject.sender()
                // Before it is sent: a seal whose salt is lost can never be opened.
                try keep(
                    Secret(
                        score: score, salt: Hex.encode(salt), text_hash: textHash?.hex ?? ""))
                let hash = SealedReview.hash(
                    agreement: id, reviewer: reviewer, salt: salt, score: score,
                    textHash: textHash)
                let (submission, transaction) = try await sender.submit(
                    [.sealReview(of: id, hash: hash)])
                // Then nothing is sealed with that salt, and it may be tried again.
                if submission.status == .rejected {
                    try FileManager.default.removeItem(at: subject.file)
                }
                try await sender.report(submission, id: transaction, json: subject.json)
            }
        }

        private func keep(_ secret: Secret) throws {
            let file = subject.file
            guard !FileManager.default.fileExists(atPath: file.path) else {
                throw HomeFault(
                    "\(file.relativePath): a review of this agreement was sealed before; open it, or remove the file if the ledger never took it"
                )
            }
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            let created = FileManager.default.createFile(
                atPath: file.path, contents: Data(try Text.json(secret).utf8),
                attributes: [.posixPermissions: 0o600])
            guard created else { throw HomeFault("\(file.relativePath): cannot be written") }
        }
    }

    struct Open: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "open", abstract: "Show what was sealed.")
        @OptionGroup var subject: Subject

        func run() async throws {
            try await ExitStatus.reporting {
                let id = try subject.agreementID()
                let file = subject.file
                guard let data = FileManager.default.contents(atPath: file.path) else {
                    throw HomeFault(
                        "\(file.relativePath): nothing is sealed here; koinon review seal does it")
                }
                let (secret, salt) = try read(data, of: file)
                let sender = try await subject.sender()
                try await sender.send(
                    [
                        .openReview(
                            of: id, score: secret.score, salt: salt,
                            textHash: Hash256(hex: secret.text_hash))
                    ], memo: "", json: subject.json)
            }
        }

        private func read(_ data: Data, of file: URL) throws -> (Secret, salt: [UInt8]) {
            let damaged = HomeFault(
                "\(file.relativePath): is not as koinon review seal wrote it; bring it back from a copy, since nothing else opens that review"
            )
            let secret: Secret
            do { secret = try JSONDecoder().decode(Secret.self, from: data) } catch {
                throw damaged
            }
            guard let salt = Hex.decode(secret.salt),
                secret.text_hash.isEmpty || Hash256(hex: secret.text_hash) != nil
            else { throw damaged }
            return (secret, salt)
        }
    }
}
