import Testing

import KoinonNode

@Suite struct `An address of etcd` {
    @Test(arguments: [
        ("127.0.0.1:2379", "127.0.0.1", 2379), ("[::1]:1", "::1", 1),
        ("etcd.example:65535", "etcd.example", 65_535),
    ]) func `has host and port`(text: String, host: String, port: Int) {
        let parts = EtcdAddress.hostAndPort(text)
        #expect(parts?.host == host)
        #expect(parts?.port == port)
    }

    @Test(arguments: ["", "host", ":1", "host:", "host:0", "host:65536", "::1:5", "[]:1"])
    func `is refused without one of them`(text: String) {
        #expect(throws: (any Error).self) { try EtcdAddress(endpoints: [text]).check() }
    }

    @Test func `has all certificate files or none`() throws {
        try EtcdAddress(endpoints: ["a:1"]).check()
        try EtcdAddress(endpoints: ["a:1"], authority: "a", certificate: "b", key: "c").check()
        #expect(throws: (any Error).self) {
            try EtcdAddress(endpoints: ["a:1"], authority: "a").check()
        }
        #expect(throws: (any Error).self) { try EtcdAddress(endpoints: []).check() }
    }
}
