import Foundation
import KoinonNode
import Testing

/// What befalls a member's home and the machine that it lies on.
extension RunningAlliance {
    /// How a member's node reaches etcd.
    func address(of index: Int) throws -> EtcdAddress {
        guard case .etcd(let address)? = try NodeHome(home(index)).configuration().engine else {
            throw Failed(what: "node.json", output: "names no etcd")
        }
        return address
    }

    /// Starts a node again with other servers of etcd to ask.
    func restart(_ index: Int, on endpoints: [String]) async throws {
        try await stopNode(index)
        let home = NodeHome(home(index))
        var address = try address(of: index)
        address.endpoints = endpoints
        var configuration = try home.configuration()
        configuration.engine = .etcd(address)
        try home.write(configuration)
        try await startNode(index)
    }

    /// Gives a member that cannot go on a new ledger from the others, as docs/catching-up.md
    /// says; its old home stays beside it.
    func joinAnew(_ index: Int) async throws {
        let name = members[index]
        let peers = nodes.enumerated().filter { $0.offset != index }
            .map { "--peer http://\($0.element.host):\($0.element.port)" }.joined(separator: " ")
        try await succeed(
            """
            set -e
            mv members/\(name) \(name).before
            mkdir -m 700 members/\(name)
            cp -a \(name).before/keys \(name).before/etcd \(name).before/node.json \\
                \(name).before/server.yaml members/\(name)
            '\(BuiltCommand.koinon.path)' join --genesis genesis.json \(peers) \\
                --home members/\(name) --member \(name)
            """)
        try await startNode(index)
    }

    /// Gives a member whose node only follows a new node key.
    func renewKey(_ index: Int) async throws {
        try await succeed(
            "'\(BuiltCommand.koinon.path)' renew-key --home members/\(members[index])")
    }

    /// Moves a member's home to a disk of its own.
    func mount(_ index: Int, megabytes: Int) async throws {
        let path = home(index).path
        try await succeed(
            """
            set -e
            mv '\(path)' '\(path).before'
            mkdir -m 700 '\(path)'
            mount -t tmpfs -o size=\(megabytes)m,mode=700 tmpfs '\(path)'
            cp -a '\(path).before/.' '\(path)'
            """)
    }

    /// Moves it to a larger disk again.
    func unmount(_ index: Int) async throws {
        let path = home(index).path
        try await succeed(
            """
            set -e
            rm -rf '\(path).before'
            cp -a '\(path)' '\(path).after'
            umount '\(path)'
            rmdir '\(path)'
            mv '\(path).after' '\(path)'
            """)
    }

    /// A library that puts the clock of a process ahead, as a command to be put before it.
    /// Debian's faketime does not get on with the allocator of `koinon`.
    func clock(ahead seconds: Int) async throws -> [String] {
        let source = """
            #define _GNU_SOURCE
            #include <time.h>
            #include <sys/time.h>
            #include <sys/syscall.h>
            #include <unistd.h>
            int clock_gettime(clockid_t clock, struct timespec *time) {
                int result = syscall(SYS_clock_gettime, clock, time);
                if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += \(seconds);
                return result;
            }
            int gettimeofday(struct timeval *restrict time, void *restrict zone) {
                int result = syscall(SYS_gettimeofday, time, zone);
                if (result == 0) time->tv_sec += \(seconds);
                return result;
            }
            """
        let file = folder.appending(path: "ahead.c")
        try source.write(to: file, atomically: true, encoding: .utf8)
        try await succeed("cc -shared -fPIC -O1 -o ahead.so ahead.c")
        return ["LD_PRELOAD=\(folder.appending(path: "ahead.so").path)"]
    }

    func succeed(_ script: String) async throws {
        let run = try await shell(script)
        try #require(run.status == 0, "\(run.output)")
    }
}
