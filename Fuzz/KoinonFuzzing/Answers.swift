import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol

extension FuzzTarget {
    /// What a node answers to a client that does not believe it: each form of answer, from the
    /// same bytes.
    public static let answers = FuzzTarget(
        "answers", maximumBytes: 16_384, madeSeeds: { AnswerProperties.seeds }
    ) { bytes in
        try AnswerProperties.checkStatus(bytes)
        try AnswerProperties.checkEvents(bytes)
        let receipt = try taken { () throws(NodeClientFault) in try AnswerForm.receipt(bytes) }
        if let receipt = receipt ?? nil { try MessageProperties.check(receipt) }
        let submissions = try taken { () throws(NodeClientFault) in
            try AnswerForm.submissions(bytes)
        }
        try hold(
            (submissions?.count ?? 0) <= bytes.count { $0 == UInt8(ascii: "\n") } + 1,
            "more answers than lines")
        let heights = try taken { () throws(NodeClientFault) in
            try AnswerForm.snapshotHeights(bytes)
        }
        let nonce = try taken { () throws(NodeClientFault) in try AnswerForm.nextNonce(bytes) }
        try hold(
            heights?.allSatisfy { $0 <= AnswerForm.numberMaximum } ?? true && nonce != 0,
            "a number beyond its limit")
        let problem = try taken { () throws(NodeClientFault) in try AnswerForm.problem(bytes) }
        try hold(
            problem.map { !$0.description.isEmpty && AnswerProperties.isHarmless($0.description) }
                ?? true, "a problem without a text, or with one that steers a terminal")
    }
}

private enum AnswerProperties {
    static func isHarmless(_ text: String) -> Bool { JSONText.harmless(text) == text }

    /// Whatever nodes say of themselves, something can be said about the alliance.
    static func checkStatus(_ bytes: [UInt8]) throws(Violation) {
        func read(_ bytes: [UInt8]) throws(Violation) -> NodeStatus? {
            try taken { () throws(NodeClientFault) in try AnswerForm.status(bytes) }
        }
        guard let status = try read(bytes), let other = try read(Array(self.status.utf8)) else {
            return
        }
        let (one, two) = (
            NodeObservation(address: "one", status: .success(status)),
            NodeObservation(address: "two", status: .success(other))
        )
        let silent = NodeObservation(
            address: "three", status: .failure(NodeSilence(reason: "no route")))
        for observations in [[one], [one, two], [two, one, silent]] {
            let diagnosis = Diagnosis(observations)
            let severities = diagnosis.findings.map(\.severity)
            try hold(
                severities == severities.sorted(by: >) && diagnosis.worst == severities.first,
                "the gravest finding does not stand first")
            try hold(
                diagnosis.findings.allSatisfy {
                    !$0.code.isEmpty && !$0.what.isEmpty && !$0.remedy.isEmpty
                        && isHarmless($0.subject + $0.what + $0.remedy)
                }, "a finding without a text, or with one that steers a terminal")
        }
        try hold(
            status.lag <= status.height && status.ledgerNow <= .maximum,
            "a number beyond its limit")
    }

    /// The same events whatever the pieces, and when they are written again.
    static func checkEvents(_ bytes: [UInt8]) throws(Violation) {
        let events = try events(in: bytes, size: max(bytes.count, 1))
        for size in [1, 7] {
            let inPieces = try Self.events(in: bytes, size: size)
            try hold(inPieces == events, "events read otherwise in pieces")
        }
        let written = events.map { event in
            // Not by characters: a carriage return and a line feed are one.
            let lines = event.json.unicodeScalars.split(
                separator: "\n", omittingEmptySubsequences: false)
            return "id: \(event.id)\n" + lines.map { "data: \(String($0))\n" }.joined() + "\n"
        }.joined()
        try hold(
            try Self.events(in: Array(written.utf8), size: 64) == events,
            "events read otherwise when written again")
    }

    private static func events(
        in bytes: [UInt8], size: Int
    ) throws(Violation) -> [LedgerEvent] {
        var reader = EventReader()
        var events: [LedgerEvent] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = Array(bytes[start..<min(start + size, bytes.count)])
            guard let more = try? reader.read(piece) else {
                throw Violation("an event beyond its limit in \(bytes.count) bytes")
            }
            events += more
        }
        return events
    }

    static let status = """
        {"chain":"72ad","alliance":"Harbour","height":120,"final_height":100,
         "time":{"ms":1772409600000,"text":"2026-03-02T00:00:00Z"},
         "now":{"ms":1772409612000,"text":"2026-03-02T00:00:12Z"},"hosts":["alfa"],
         "pool":3,"pool_limit":100000,"block_hash":"ab","final_hash":"cd","members":4,
         "quorum":3,"member_states":[{"id":"alfa","attested":100,"has_signed_next":false,
         "sequence":7,"clock":{"ms":1772409600000,"text":"2026-03-02T00:00:00Z"},
         "silent":"its guard was lost"}],
         "open_since":{"ms":1772409600000,"text":"2026-03-02T00:00:00Z"},"open_change":101,
         "engine":{"name":"etcd","faults":["no server answers"]},
         "disk":{"free_bytes":1048576,"ledger_bytes":4096},
         "certificate_ends":{"ms":1772409700000,"text":"2026-03-02T00:01:40Z"},
         "base_height":10}
        """

    static var seeds: [[UInt8]] {
        var receipt = Receipt()
        receipt.code = 301
        receipt.actionIndex = 1
        receipt.field = "to"
        let texts = [
            status, "{\"transaction\":{\"receipt\":\(receipt.jsonForm())}}",
            "{\"transaction\":{\"receipt\":\"none\"}}",
            "id: 5.0.1\ndata: {\"event\":{}}\n\n: still here\n\ndata: a\ndata:b\n\nid:7\n",
            "{\"snapshots\":[{\"height\":1024},{\"height\":512}]}", "{\"next_nonce\":\"7\"}",
            "{\"id\":\"ab\",\"status\":\"rejected\",\"height\":3,\"leaf\":0,\"code\":\"x\"}\n"
                + "{\"id\":\"cd\",\"status\":\"pending\"}\n",
            "{\"status\":400,\"code\":\"badField\",\"title\":\"A field is wrong\","
                + "\"detail\":\"limit: 500\",\"remedy\":\"ask for less\"}",
        ]
        return texts.map { Array($0.utf8) }
    }
}
