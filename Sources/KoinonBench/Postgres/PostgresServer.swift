import Foundation
import Glibc

/// A PostgreSQL server of the benchmark's own, in a temporary folder, on a local socket.
final class PostgresServer {
    let folder: URL
    private let programs: URL
    private let process = Process()

    /// What somebody would set who has a machine like this one for the database.
    private static let settings = """
        listen_addresses = ''
        fsync = on
        synchronous_commit = on
        full_page_writes = on
        shared_buffers = 1GB
        max_wal_size = 4GB
        checkpoint_timeout = 15min
        max_connections = 50

        """

    /// Makes the database's files and starts the server; returns once it answers.
    init(under parent: URL, _ library: LibPQ) throws {
        folder = parent.appending(path: "postgres", directoryHint: .isDirectory)
        programs = try Self.findPrograms()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Self.giveAway(parent, folder)
        let data = folder.appending(path: "data").path
        try Self.run(
            programs.appending(path: "initdb"),
            ["-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"])
        let configuration = URL(filePath: data).appending(path: "postgresql.conf")
        let file = try FileHandle(forWritingTo: configuration)
        try file.seekToEnd()
        try file.write(
            contentsOf: Data((Self.settings + "unix_socket_directories = '\(folder.path)'\n").utf8))
        try file.close()
        Self.prepare(process, programs.appending(path: "postgres"), ["-D", data])
        try process.run()
        for _ in 0..<600 {
            if (try? PostgresConnection(library, socketFolder: folder.path)) != nil { return }
            guard process.isRunning else { break }
            usleep(50_000)
        }
        throw BenchFault("PostgreSQL does not start")
    }

    /// Asks for a fast shutdown and waits.
    func stop() {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGINT)
        process.waitUntilExit()
    }

    deinit { stop() }

    /// Debian keeps each version's programs in a folder of its own.
    private static func findPrograms() throws -> URL {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        guard let newest = versions.compactMap({ Int($0) }).max() else {
            throw BenchFault("no PostgreSQL below \(root); apt-get install postgresql")
        }
        return URL(filePath: "\(root)/\(newest)/bin")
    }

    /// The server refuses to run as root; then it runs as the user that Debian made for it.
    private static let isRoot = geteuid() == 0

    private static func giveAway(_ folders: URL...) throws {
        guard isRoot, let user = getpwnam("postgres") else { return }
        guard chown(folders[folders.count - 1].path, user.pointee.pw_uid, user.pointee.pw_gid) == 0
        else { throw BenchFault("\(folders[0].path): cannot be given to the user postgres") }
        // It has to get there.
        chmod(folders[0].path, 0o755)
    }

    private static func prepare(_ process: Process, _ program: URL, _ arguments: [String]) {
        if isRoot {
            process.executableURL = URL(filePath: "/usr/bin/setpriv")
            process.arguments =
                ["--reuid=postgres", "--regid=postgres", "--clear-groups", program.path]
                + arguments
        } else {
            process.executableURL = program
            process.arguments = arguments
        }
        process.currentDirectoryURL = URL(filePath: "/")
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
    }

    private static func run(_ program: URL, _ arguments: [String]) throws {
        let process = Process()
        prepare(process, program, arguments)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchFault("\(program.lastPathComponent) failed; run it by hand to see why")
        }
    }
}
