import Foundation
import Glibc
import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonClient

@Suite("Key files")
struct KeyFileTests {
    let home: TemporaryHome
    let path: String
    // RFC 8032 §7.1, test 1.
    let seedHex = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    let publicHex = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

    init() throws {
        home = try TemporaryHome()
        path = home.path + "/alice.json"
    }

    private func mode(_ path: String) -> UInt32 {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    private func write(_ text: String, mode: mode_t = 0o600) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
        #expect(chmod(path, mode) == 0)
    }

    private func content(
        format: String = "koinon/key/v1", seed: String? = nil, publicKey: String? = nil
    ) -> String {
        """
        {"format": "\(format)", "public_key": "\(publicKey ?? publicHex)", \
        "seed": "\(seed ?? seedHex)"}
        """
    }

    @Test("a key comes back as it was stored, from a file that only its owner may use")
    func roundTrip() throws {
        let key = SigningKey.generate()
        try KeyFile.create(key, at: path)
        #expect(mode(path) == 0o600)
        let read = try KeyFile.read(at: path)
        #expect(read.publicKey == key.publicKey && read.seed == key.seed)
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.path) == ["alice.json"])
    }

    @Test("the written form is the documented one")
    func form() throws {
        let key = try #require(SigningKey(seed: Hex.decode(seedHex)!))
        try KeyFile.create(key, at: path)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(
            text == """
                {
                  "format": "koinon/key/v1",
                  "public_key": "\(publicHex)",
                  "seed": "\(seedHex)"
                }

                """)
        try FileManager.default.removeItem(atPath: path)
        try write(content())
        #expect(try KeyFile.read(at: path).publicKey.hex == publicHex)
    }

    @Test("an existing file is never overwritten")
    func exists() throws {
        try write("precious")
        #expect(throws: KeyFileFault.exists(path: path)) {
            try KeyFile.create(.generate(), at: path)
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.path) == ["alice.json"])
    }

    @Test("a dangling symbolic link is not followed when creating")
    func danglingLink() throws {
        #expect(symlink(home.path + "/elsewhere", path) == 0)
        #expect(throws: KeyFileFault.exists(path: path)) {
            try KeyFile.create(.generate(), at: path)
        }
        #expect(!FileManager.default.fileExists(atPath: home.path + "/elsewhere"))
    }

    @Test(
        "a file that others may use is refused with the remedy",
        arguments: [0o640, 0o604, 0o660, 0o644, 0o610, 0o601, 0o602] as [mode_t])
    func openToOthers(mode: mode_t) throws {
        try write(content(), mode: mode)
        let fault = #expect(throws: KeyFileFault.self) { try KeyFile.read(at: path) }
        #expect(fault == .open(path: path, mode: mode))
        #expect(fault?.description.contains("chmod 600 '\(path)'") == true)
    }

    @Test("stricter modes are fine", arguments: [0o600, 0o400, 0o700] as [mode_t])
    func strictModes(mode: mode_t) throws {
        try write(content(), mode: mode)
        #expect(try KeyFile.read(at: path).publicKey.hex == publicHex)
    }

    @Test("what is no key file is refused, without quoting it")
    func malformed() throws {
        let texts = [
            "", "{", "[]", "{}", content(format: "koinon/key/v2"), content(seed: "00"),
            content(seed: String(repeating: "g", count: 64)),
            content(seed: String(repeating: "1", count: 64)),
            content(publicKey: "00"), "{\"seed\": \"\(seedHex)\"}",
            content() + String(repeating: " ", count: 5000),
        ]
        for text in texts {
            try write(text)
            let fault = #expect(throws: KeyFileFault.self, "\(text.prefix(60))") {
                try KeyFile.read(at: path)
            }
            guard case .malformed = fault else {
                Issue.record("\(text.prefix(60)): \(fault.debugDescription)")
                continue
            }
            #expect(fault?.description.contains(seedHex) == false)
        }
    }

    @Test("missing files, folders and pipes are told apart")
    func others() throws {
        #expect(throws: KeyFileFault.missing(path: path)) { try KeyFile.read(at: path) }
        #expect(throws: KeyFileFault.notAFile(path: home.path)) {
            try KeyFile.read(at: home.path)
        }
        #expect(mkfifo(path, 0o600) == 0)
        #expect(throws: KeyFileFault.notAFile(path: path)) { try KeyFile.read(at: path) }
        let fault = #expect(throws: KeyFileFault.self) {
            try KeyFile.create(.generate(), at: home.path + "/no/such/key.json")
        }
        #expect(
            fault?.description == "cannot create \(home.path)/no/such/key.json: "
                + "No such file or directory; check the path and its permissions")
    }

    @Test("a key ring keeps named keys in a folder of its owner's")
    func ring() throws {
        let ring = KeyRing(home: home.path)
        #expect(try ring.names() == [])
        #expect(throws: KeyFileFault.unknownName("bob", known: [])) { try ring.key(named: "bob") }
        let bob = try ring.create(named: "bob")
        let alice = try ring.create(named: "alice")
        #expect(bob.publicKey != alice.publicKey)
        #expect(mode(ring.folder) == 0o700)
        #expect(try ring.names() == ["alice", "bob"])
        #expect(try ring.key(named: "bob").publicKey == bob.publicKey)
        #expect(throws: KeyFileFault.exists(path: ring.path(of: "bob"))) {
            try ring.create(named: "bob")
        }
        #expect(throws: KeyFileFault.unknownName("carol", known: ["alice", "bob"])) {
            try ring.key(named: "carol")
        }
    }

    @Test(
        "a name that could leave the folder is no name",
        arguments: ["", "..", "../alice", "a/b", "Alice", "a\u{0}b"])
    func badNames(name: String) {
        let ring = KeyRing(home: home.path)
        #expect(throws: KeyFileFault.badName(name)) { try ring.create(named: name) }
        #expect(throws: KeyFileFault.badName(name)) { try ring.key(named: name) }
    }
}
