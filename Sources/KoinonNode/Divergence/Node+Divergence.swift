import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol
import KoinonStore
import Logging

extension Node {
    /// A node that found a quorum for another block than its own leaves what proves it in its
    /// home, and says so; any other error is none of this.
    /// The peers in node.json are asked what their block holds.
    func leaveEvidence(of error: any Error) async {
        guard let elsewhere = error as? QuorumElsewhere else { return }
        let addresses = (try? home.configuration().peers) ?? []
        let peers = addresses.compactMap { try? NodeClient($0) }
        let file = home.evidenceFile(of: elsewhere.height)
        do {
            let stored = try store.read { try $0.block(at: elsewhere.height)?.header }
            var evidence = DivergenceEvidence(
                elsewhere, own: stored ?? replica.read { $0.header })
            // At once: what proves it is there already, and peers may not answer.
            try Data(evidence.json.utf8).write(to: file, options: .atomic)
            if !peers.isEmpty {
                await DivergenceInquiry(store: store).complete(
                    &evidence,
                    asking: peers.map { peer in { path in try await peer.get(path) } })
                try Data(evidence.json.utf8).write(to: file, options: .atomic)
            }
            logger.critical("\(evidence.meaning)", metadata: evidence.logged(in: file))
        } catch {
            logger.critical(
                "\(elsewhere)", metadata: ["evidence": "cannot be written: \(error)"])
        }
    }
}

extension DivergenceEvidence {
    /// What the log says beside the meaning, with the first difference where it was found.
    func logged(in file: URL) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "height": "\(elsewhere.height)", "evidence": "\(file.path)", "remedy": "\(remedy)",
        ]
        if let transaction {
            metadata["leaf"] = "\(transaction.leaf)"
            if let id = transaction.id { metadata["transaction"] = "\(id.hex)" }
        }
        if let row { metadata["state_key"] = "\(Hex.encode(row.key))" }
        if let whyNoRow { metadata["state_not_compared"] = "\(whyNoRow)" }
        return metadata
    }
}

extension NodeHome {
    /// What a node leaves here when it finds a quorum for another block at a height.
    public func evidenceFile(of height: Height) -> URL {
        directory.appending(path: "evidence-\(height).json")
    }
}
