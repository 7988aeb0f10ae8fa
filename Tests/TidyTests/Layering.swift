/// What each target may import: the targets above it in this list, and the packages and
/// system modules beside it (docs/architecture.md).
struct Layer: Sendable {
    var name: String
    /// Modules of packages and of the system.
    var modules: Set<String>
    /// Files that may import more than their target, for the reason given.
    var exceptions: [String: Set<String>] = [:]
    /// Sources in C, which import nothing.
    var isC = false

    static let all: [Layer] = [
        Layer(name: "KoinonProtocol", modules: ["SwiftProtobuf", "Foundation"]),
        // C: SHA-256 by the processor's own instructions.
        Layer(name: "CSHA256", modules: [], isC: true),
        Layer(
            name: "KoinonLedger", modules: ["CSodium", "Crypto", "Foundation", "Synchronization"]),
        // No Foundation but `Data`, where bytes go into and come out of protobuf messages:
        // files that need it are listed in ``MachineRules``.
        Layer(
            name: "KoinonMachine", modules: [],
            exceptions: [
                // The constraint of a row's type.
                "Table.swift": ["SwiftProtobuf"],
                // memcmp.
                "ByteOrder.swift": ["Glibc"],
            ]),
        Layer(
            name: "KoinonStore",
            modules: ["GRDB", "GRDBSQLite", "Foundation", "Glibc", "Synchronization"]),
        Layer(
            name: "KoinonClient",
            modules: ["AsyncHTTPClient", "NIOCore", "Foundation", "Glibc", "Synchronization"]),
        Layer(
            name: "KoinonNode",
            modules: [
                "Dispatch", "Logging", "ServiceLifecycle", "Foundation", "Glibc",
                "Synchronization",
            ]),
        Layer(
            name: "KoinonEtcd",
            modules: [
                "Crypto", "GRPCCore", "GRPCNIOTransportHTTP2", "GRPCProtobuf", "Logging",
                "NIOCore", "NIOPosix", "NIOSSL", "NIOTLS", "SwiftProtobuf", "X509",
                "Foundation", "Synchronization",
            ]),
        Layer(
            name: "KoinonServer",
            modules: [
                "AsyncHTTPClient", "Hummingbird", "HummingbirdCore", "HummingbirdTLS", "HTTPTypes",
                "NIOCore", "NIOHTTPTypes", "NIOSSL",
                "Mustache", "GRDB", "GRDBSQLite", "Logging", "ServiceLifecycle", "SwiftProtobuf",
                "Foundation", "Glibc", "Synchronization",
            ]),
        Layer(name: "KoinonReplay", modules: ["CZlib", "Foundation", "Glibc", "Synchronization"]),
        Layer(
            name: "KoinonBench",
            modules: [
                "Dispatch", "Logging", "NIOCore", "NIOPosix", "ServiceLifecycle", "Foundation",
                "Glibc",
                "Synchronization",
            ]),
        Layer(
            name: "KoinonSimulation",
            modules: ["CFaultVFS", "SwiftProtobuf", "Foundation", "Synchronization"]),
        Layer(
            name: "koinon",
            modules: [
                "ArgumentParser", "CJemalloc", "Configuration", "Logging", "ServiceLifecycle",
                "SwiftProtobuf", "SystemPackage", "Yams", "Foundation", "Glibc", "Synchronization",
            ]),
    ]

    /// KoinonClient is what others build on: it knows neither machine nor store.
    private static let clientSees: Set<String> = ["KoinonProtocol", "KoinonLedger"]

    /// The targets that a target may import.
    static func targets(above name: String) -> Set<String> {
        if name == "KoinonClient" { return clientSees }
        return Set(all.map(\.name).prefix { $0 != name })
    }

    /// Targets without Swift sources, which import nothing.
    private static let inC: Set<String> = ["CFaultVFS"]

    private static let importPattern =
        #"^[ \t]*(?:@\w+(?:\([^)]*\))?[ \t]+)*(?:(?:public|package|internal|fileprivate|private)[ \t]+)?"#
        + #"import[ \t]+(?:(?:struct|class|enum|protocol|func|var|let|typealias)[ \t]+)?(\w+)"#

    /// Imports of a file that its target is not allowed.
    static func violations(in file: SourceFile) -> [String] {
        guard let layer = all.first(where: { $0.name == file.target }) else {
            return ["\(file.path): target \(file.target) is not in the list of layers"]
        }
        var allowed = layer.modules.union(targets(above: layer.name))
        allowed.formUnion(layer.exceptions[file.name] ?? [])
        if layer.name == "KoinonMachine", MachineRules.usesData.contains(file.name) {
            allowed.insert("Foundation")
        }
        return file.code.allMatches(of: importPattern).compactMap { match in
            guard let module = match.last, !allowed.contains(module) else { return nil }
            return "\(file.path): imports \(module)"
        }
    }

    /// Dependencies in the package's manifest that are not allowed, or not declared here.
    static func violations(inPackage text: String) -> [String] {
        var violations: [String] = []
        var seen: [String] = []
        // From the start of one target to that of the next.
        let targets =
            #"\.(target|executableTarget)\(([\s\S]*?)(?=\.(?:target|executableTarget|testTarget|systemLibrary)\(|\z)"#
        for match in text.allMatches(of: targets) {
            // What only tests, the fuzzer and the build itself use, and examples, lie beside them.
            guard let body = match.last,
                body.firstMatch(of: #"path:\s*"(?:Tests|Fuzz|Plugins|Examples)/"#) == nil,
                let name = body.firstMatch(of: #"name:\s*"(\w+)""#)?.last, !inC.contains(name)
            else { continue }
            seen.append(name)
            guard let layer = all.first(where: { $0.name == name }) else {
                violations.append("Package.swift: target \(name) is not in the list of layers")
                continue
            }
            let allowed = Self.targets(above: name).union(layer.modules)
            let list = body.firstMatch(of: #"dependencies:\s*\[([\s\S]*?)\]"#)?.last ?? ""
            let products = list.allMatches(of: #"\.product\(name:\s*"(\w+)""#).compactMap(\.last)
            let plain = list.allMatches(of: #"(?<![:\w]\s)(?<![:\w])"(\w+)""#).compactMap(\.last)
            for dependency in products + plain where !allowed.contains(dependency) {
                violations.append("Package.swift: \(name) depends on \(dependency)")
            }
        }
        if seen != all.map(\.name) {
            violations.append("Package.swift: the targets are \(seen), not in the order of layers")
        }
        return violations
    }
}
