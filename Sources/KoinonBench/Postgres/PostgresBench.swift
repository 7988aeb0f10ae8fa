import Foundation
import KoinonLedger
import KoinonNode
import KoinonProtocol

/// The same signed payments in PostgreSQL, side by side: the client program checks each
/// signature on all cores, then one function moves the money and keeps the signed bytes.
public struct PostgresBench: Sendable {
    public var accounts: Int
    public var transactions: Int
    public var pattern: PaymentPattern
    /// Connections that pay one by one.
    public var connections: Int
    /// Payments in one database transaction of the batched variant.
    public var batch: Int
    public var rounds: Int

    public init(
        accounts: Int, transactions: Int, pattern: PaymentPattern, connections: Int, batch: Int,
        rounds: Int
    ) {
        self.accounts = accounts
        self.transactions = transactions
        self.pattern = pattern
        self.connections = connections
        self.batch = batch
        self.rounds = rounds
    }

    public struct Report: Codable, Sendable {
        public var accounts: Int
        public var transactions: Int
        public var pattern: String
        public var signatureLimitPerS: Double
        /// Best of the rounds, each; measured in turn.
        public var koinonPerS: Double
        public var postgresPerS: Double
        public var postgresBatchedPerS: Double
        /// `koinon_per_s` ÷ the others.
        public var ratio: Double
        public var ratioBatched: Double
        public var connections: Int
        public var batch: Int
        public var rounds: Int
        public var machine: MachineDescription
    }

    private static let schema = """
        CREATE TABLE accounts (
            id bytea PRIMARY KEY, key bytea NOT NULL, nonce bigint NOT NULL,
            balance bigint NOT NULL CHECK (balance >= 0));
        CREATE TABLE payments (
            id bytea PRIMARY KEY, sender bytea NOT NULL, receiver bytea NOT NULL,
            amount bigint NOT NULL, signed bytea NOT NULL);
        CREATE FUNCTION pay(
            a_sender bytea, a_key bytea, a_nonce bigint, a_receiver bytea, a_amount bigint,
            an_id bytea, a_signed bytea) RETURNS bigint LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE accounts SET balance = balance - a_amount, nonce = a_nonce
                WHERE id = a_sender AND key = a_key AND nonce < a_nonce AND balance >= a_amount;
            IF NOT FOUND THEN RAISE EXCEPTION 'payment refused'; END IF;
            UPDATE accounts SET balance = balance + a_amount WHERE id = a_receiver;
            IF NOT FOUND THEN RAISE EXCEPTION 'no receiver'; END IF;
            INSERT INTO payments VALUES (an_id, a_sender, a_receiver, a_amount, a_signed);
            RETURN a_amount;
        END $$;
        """

    public func run(in parent: URL? = nil, _ notes: BenchNotes) async throws -> Report {
        let library = try LibPQ()
        let folder = try WorkFolder(under: parent)
        notes.say("preparing both")
        let ledger = try PreparedLedger(
            at: folder.url.appending(path: "home", directoryHint: .isDirectory),
            accounts: accounts)
        let server = try PostgresServer(under: folder.url, library)
        defer { server.stop() }
        try load(server, library, chain: ledger.genesis.chain)
        var best = (limit: 0.0, koinon: 0.0, single: 0.0, batched: 0.0)
        var nonce = PreparedLedger.nextNonce
        let payments = PaymentLoad(
            accounts: accounts, transactions: transactions, pattern: pattern)
        for round in 1...rounds {
            notes.say("round \(round): koinon")
            let report = try await PaymentsBench(load: payments)
                .run(on: ledger, in: folder.url, firstNonce: nonce, notes)
            best.limit = max(best.limit, report.signatureLimitPerS)
            best.koinon = max(best.koinon, report.committedPerS)
            for isBatched in [false, true] {
                notes.say("round \(round): PostgreSQL\(isBatched ? ", batched" : "")")
                // Nonces of its own, since both variants pay in the same database.
                let first = nonce * 2 + (isBatched ? payments.noncesPerAccount : 0)
                let file = try MessageFile(creating: folder.url.appending(path: "messages"))
                try payments.write(
                    to: file, chain: ledger.genesis.chain, firstNonce: first,
                    now: SystemClock().now, seed: UInt64(round) * 2 + (isBatched ? 1 : 0))
                _ = try SignatureLimit.measure(file)
                let rate = try pay(
                    file, server, library, chain: ledger.genesis.chain, isBatched: isBatched)
                if isBatched {
                    best.batched = max(best.batched, rate)
                } else {
                    best.single = max(best.single, rate)
                }
            }
            nonce += payments.noncesPerAccount
        }
        return Report(
            accounts: accounts, transactions: transactions, pattern: pattern.rawValue,
            signatureLimitPerS: best.limit, koinonPerS: best.koinon, postgresPerS: best.single,
            postgresBatchedPerS: best.batched, ratio: best.koinon / best.single,
            ratioBatched: best.koinon / best.batched, connections: connections, batch: batch,
            rounds: rounds, machine: MachineDescription())
    }

    private func load(_ server: PostgresServer, _ library: LibPQ, chain: ChainID) throws {
        let connection = try PostgresConnection(library, socketFolder: server.folder.path)
        try connection.execute(Self.schema)
        let crowd = Crowd(chain: chain)
        let part = 20_000
        try connection.copy(into: "accounts", (accounts + part - 1) / part) { index in
            AllCores.map(index * part..<min((index + 1) * part, accounts)) { person in
                let key = Crowd.key(person)
                let id = Hex.encode(crowd.account(of: key).bytes)
                return
                    "\\\\x\(id)\t\\\\x\(key.publicKey.hex)\t1\t\(PreparedLedger.balance.minor)\n"
            }.joined()
        }
        try connection.execute("VACUUM ANALYZE accounts")
        try connection.execute("CHECKPOINT")
    }

    /// Payments a second.
    private func pay(
        _ file: MessageFile, _ server: PostgresServer, _ library: LibPQ, chain: ChainID,
        isBatched: Bool
    ) throws -> Double {
        let socket = server.folder.path
        let counting = try PostgresConnection(library, socketFolder: socket)
        let before = try counting.number("SELECT count(*) FROM payments")
        let run = PostgresRun(
            source: try SharedMessages(file), chain: chain, connect: {
                let connection = try PostgresConnection(library, socketFolder: socket)
                try connection.execute(
                    "PREPARE pay(\(PostgresPayment.types)) AS SELECT pay($1,$2,$3,$4,$5,$6,$7)")
                return connection
            })
        let start = ContinuousClock.now
        if isBatched { try run.payTogether(batch) } else { try run.payOneByOne(connections) }
        let elapsed = start.duration(to: .now).inSeconds
        let paid = try counting.number("SELECT count(*) FROM payments") - before
        guard paid == file.count else {
            throw BenchFault("PostgreSQL has \(paid) of \(file.count) payments")
        }
        return Double(paid) / elapsed
    }
}
