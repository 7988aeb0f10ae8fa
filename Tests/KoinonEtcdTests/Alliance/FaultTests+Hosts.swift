import Foundation
import Glibc
import KoinonClient
import Testing

@testable import KoinonEtcd

/// Faults of the machines below: networks and disks.
extension FaultTests {
    @Test(
        "outlives partitions and lost packets",
        .enabled(
            if: FaultTests.isLong && TestNetwork.isAvailable,
            "needs `make faults`, root, network namespaces and nftables"))
    func partitions() async throws {
        try await FaultRun.with(servers: 3, isolated: true) { run in
            let network = try #require(run.alliance.network)
            try await run.fault("partition of one node for 10 s") { _ in
                try network.cut(0)
                try await run.goesOn(except: [0])
                try await Task.sleep(for: .seconds(10))
                try network.heal(0)
            }
            try await run.fault("partition of two nodes for 10 s") { _ in
                try network.cut(0)
                try network.cut(1)
                try await Task.sleep(for: .seconds(10))
                // Two of four are no quorum.
                let before = run.load.final.count
                try await Task.sleep(for: .seconds(3))
                #expect(run.load.final.count == before)
                try network.heal(0)
                try network.heal(1)
            }
            try await run.fault("partition of the leader of etcd for 10 s") { alliance in
                let leader = alliance.members.count + (try await alliance.leader())
                try network.cut(leader)
                try await run.goesOn()
                try await Task.sleep(for: .seconds(10))
                try network.heal(leader)
            }
            try await run.fault("5% of all packets lost for 15 s") { alliance in
                let hosts = 0..<(alliance.members.count + alliance.servers.count)
                for host in hosts { try network.lose(host, percent: 5) }
                try await run.goesOn()
                try await Task.sleep(for: .seconds(15))
                try await run.goesOn()
                for host in hosts { try network.keepAll(host) }
            }
        }
    }

    @Test(
        "outlives a full disk",
        .enabled(
            if: FaultTests.isLong && getuid() == 0,
            "needs `make faults`, and root for a small disk"))
    func disk() async throws {
        try await FaultRun.with(servers: 1) { run in
            try await run.fault("a full disk, and room again") { alliance in
                try await alliance.stopNode(3)
                try await alliance.mount(3, megabytes: 32)
                try await alliance.startNode(3)
                try await run.goesOn()
                let filler = alliance.home(3).appending(path: "filler").path
                _ = try await alliance.shell("dd if=/dev/zero of='\(filler)' bs=64k 2>/dev/null")
                // It stops rather than acknowledge what it cannot store.
                for _ in 0..<300 where alliance.isRunning(3) {
                    try await Task.sleep(for: .milliseconds(100))
                }
                #expect(!alliance.isRunning(3))
                #expect(alliance.log(of: alliance.members[3]).contains("disk is full"))
                try await run.goesOn(except: [3])
                _ = try await alliance.shell("rm '\(filler)'")
                try await alliance.startNode(3)
            }
        }
    }
}

extension FaultTests {
    @Test(
        "goes on by the others' clocks when one is a day ahead",
        .enabled(if: FaultTests.isLong, "run by `make faults`"))
    func clock() async throws {
        try await FaultRun.with(servers: 1) { run in
            let ahead = try await run.alliance.clock(ahead: 86_400)
            try await run.fault("a clock one day ahead") { alliance in
                try await alliance.stopNode(3)
                try await alliance.startNode(3, wrapper: ahead)
                try await run.goesOn(except: [3])
                let status = try await alliance.client(0).status()
                let wrong = try await alliance.client(3).status()
                #expect(wrong.now.ms > status.now.ms + 80_000_000)
                #expect(status.time.ms < status.now.ms + 60_000)
                try await alliance.stopNode(3)
                try await alliance.startNode(3)
            }
        }
    }
}

extension RunningAlliance {
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
        let run = try await shell("cc -shared -fPIC -O1 -o ahead.so ahead.c")
        #expect(run.status == 0, "\(run.output)")
        return ["LD_PRELOAD=\(folder.appending(path: "ahead.so").path)"]
    }

    /// Moves a member's home to a disk of its own.
    func mount(_ index: Int, megabytes: Int) async throws {
        let path = home(index).path
        let run = try await shell(
            """
            set -e
            mv '\(path)' '\(path).before'
            mkdir -m 700 '\(path)'
            mount -t tmpfs -o size=\(megabytes)m,mode=700 tmpfs '\(path)'
            cp -a '\(path).before/.' '\(path)'
            """)
        #expect(run.status == 0, "\(run.output)")
    }
}
