import Foundation
import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonNode
@testable import TestNodes

@Suite("The guard's file")
struct GuardFileTests {
    private let key = TestHome.nodeKey(of: "alfa").publicKey
    private let folder = FileManager.default.temporaryDirectory
        .appending(path: "koinon-guard-\(UUID().uuidString)", directoryHint: .isDirectory)

    private func begun() throws -> GuardFile {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try GuardFile.begin(home: folder, member: .alfa, nodeKey: key)
        return GuardFile(home: folder, member: .alfa, nodeKey: key)
    }

    private var record: GuardRecord {
        var record = GuardRecord(
            member: .alfa, nodeKey: key, epoch: 3, height: Height(1_204), hash: .sha256([7]))
        record.carriedThrough = Height(1_201)
        return record
    }

    @Test func `begins with its key, once, and gives back what was raised last`() throws {
        let file = try begun()
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try file.current() == .fresh(.alfa, key))
        #expect(throws: GuardFault.exists(path: file.path)) {
            try GuardFile.begin(home: folder, member: .alfa, nodeKey: key)
        }
        try file.raise(to: record)
        #expect(try file.current() == record)
        var barred = record
        barred.isBarred = true
        try file.raise(to: barred)
        #expect(try GuardFile(home: folder, member: .alfa, nodeKey: key).current() == barred)
        let other = GuardFile(
            home: folder, member: .bravo, nodeKey: TestHome.nodeKey(of: "bravo").publicKey)
        #expect(try other.current() == nil)
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
    }

    @Test func `counts as lost when a byte of it is another, or missing`() throws {
        let file = try begun()
        defer { try? FileManager.default.removeItem(at: folder) }
        try file.raise(to: record)
        let sound = try Data(contentsOf: URL(filePath: file.path))
        func write(_ data: Data) throws {
            try data.write(to: URL(filePath: file.path))
        }
        for place in sound.indices {
            var bytes = sound
            bytes[place] ^= 1 << UInt8(place % 7)
            try write(bytes)
            #expect(try file.current() == nil, "byte \(place)")
            try write(sound.prefix(place))
            #expect(try file.current() == nil, "the first \(place) bytes")
        }
        try write(sound + sound)
        #expect(try file.current() == nil)
        try write(sound)
        #expect(try file.current() == record)
    }

    @Test func `is not read when others may write it, nor through a link`() throws {
        let file = try begun()
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o620], ofItemAtPath: file.path)
        #expect(throws: GuardFault.open(path: file.path, mode: 0o620)) { try file.current() }
        try FileManager.default.moveItem(atPath: file.path, toPath: file.path + ".moved")
        try FileManager.default.createSymbolicLink(
            atPath: file.path, withDestinationPath: file.path + ".moved")
        #expect(throws: GuardFault.self) { try file.current() }
    }

    @Test func `stays as it was when it cannot be raised`() throws {
        let file = try begun()
        defer { try? FileManager.default.removeItem(at: folder) }
        try file.raise(to: record)
        // Something else stands where the new one would be written.
        try FileManager.default.createDirectory(
            atPath: file.path + ".new", withIntermediateDirectories: false)
        var next = record
        next.height = Height(9_999)
        #expect(throws: GuardFault.self) { try file.raise(to: next) }
        #expect(try file.current() == record)
    }

    @Test func `is raised together with others`() throws {
        let file = try begun()
        defer { try? FileManager.default.removeItem(at: folder) }
        let names = [MemberID.bravo, .carol]
        var raised = [(file: file, record: record)]
        for name in names {
            let key = TestHome.nodeKey(of: name.rawValue).publicKey
            try GuardFile.begin(home: folder, member: name, nodeKey: key)
            var record = GuardRecord.fresh(name, key)
            record.height = Height(5)
            raised.append((GuardFile(home: folder, member: name, nodeKey: key), record))
        }
        try GuardFile.raise(raised)
        for (file, record) in raised { #expect(try file.current() == record) }
        let left = try FileManager.default.contentsOfDirectory(
            atPath: folder.appending(path: GuardFile.folder).path)
        #expect(left.count == 3)
    }
}
