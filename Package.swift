// swift-tools-version: 6.2

import PackageDescription

// A target imports only those above it in this list, and the packages named
// beside it: docs/architecture.md. A test holds it.
let package = Package(
    name: "koinon",
    products: [
        .executable(name: "koinon", targets: ["koinon"]),
        .library(name: "KoinonClient", targets: ["KoinonClient"]),
        .executable(name: "lease-example", targets: ["lease-example"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(
            url: "https://github.com/apple/swift-configuration", exact: "1.4.0",
            traits: ["JSON", "YAML"]),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/grpc/grpc-swift-2", exact: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", exact: "2.9.2"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", exact: "2.4.1"),
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        .systemLibrary(
            name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        // Memory for many threads at once: the command alone takes it.
        .systemLibrary(
            name: "CJemalloc", pkgConfig: "jemalloc", providers: [.apt(["libjemalloc-dev"])]),
        // A file system layer for SQLite that counts writes and can lose them.
        .target(name: "CFaultVFS", linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(
            name: "KoinonProtocol",
            dependencies: [
                .product(name: "SwiftProtobuf", package: "swift-protobuf")
            ]),
        // SHA-256 by the processor's own instructions.
        .target(name: "CSHA256"),
        .target(
            name: "KoinonLedger",
            dependencies: [
                "KoinonProtocol", "CSodium", "CSHA256",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(
            name: "KoinonMachine", dependencies: ["KoinonProtocol", "KoinonLedger"],
            exclude: [
                "Modules/Accounts/README.md", "Modules/Agreements/README.md",
                "Modules/Alliance/README.md", "Modules/Disputes/README.md",
                "Modules/Market/README.md", "Modules/Money/README.md",
                "Modules/Reputation/README.md", "Modules/Resources/README.md",
            ],
            resources: [
                .embedInCode("Processes/lease.json"), .embedInCode("Processes/licence.json"),
                .embedInCode("Processes/sale.json"), .embedInCode("Processes/service.json"),
            ]),
        .target(
            name: "KoinonStore",
            dependencies: [
                "KoinonProtocol", "KoinonLedger", "KoinonMachine",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]),
        .target(
            name: "KoinonClient",
            dependencies: [
                "KoinonProtocol", "KoinonLedger",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]),
        .target(
            name: "KoinonNode",
            dependencies: [
                "KoinonProtocol", "KoinonLedger", "KoinonMachine", "KoinonStore", "KoinonClient",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        // The ordering engine of an alliance: etcd by its own protocol.
        .target(
            name: "KoinonEtcd",
            dependencies: [
                "KoinonProtocol", "KoinonLedger", "KoinonMachine", "KoinonStore", "KoinonClient",
                "KoinonNode",
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2", package: "grpc-swift-nio-transport"),
                .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .target(
            name: "KoinonServer",
            dependencies: [
                "KoinonProtocol", "KoinonLedger", "KoinonMachine", "KoinonStore", "KoinonClient",
                "KoinonNode",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["Web"], plugins: ["EmbedWeb"]),
        .target(
            name: "KoinonReplay",
            dependencies: [
                "KoinonProtocol", "KoinonLedger", "KoinonMachine", "KoinonStore", "KoinonClient",
                "KoinonNode", "CZlib",
            ]),
        .target(
            name: "KoinonBench",
            dependencies: [
                "KoinonProtocol", "KoinonLedger", "KoinonMachine", "KoinonStore", "KoinonClient",
                "KoinonNode", "KoinonEtcd", "KoinonServer",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .target(
            name: "KoinonSimulation",
            dependencies: [
                "KoinonProtocol", "KoinonLedger", "KoinonMachine", "KoinonStore", "KoinonClient",
                "KoinonNode", "KoinonEtcd", "CFaultVFS",
            ]),
        .executableTarget(
            name: "koinon",
            dependencies: [
                "KoinonProtocol", "KoinonLedger", "KoinonMachine", "KoinonStore", "KoinonClient",
                "KoinonNode", "KoinonEtcd", "KoinonServer", "KoinonReplay", "KoinonBench",
                "KoinonSimulation", "CJemalloc",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "Yams", package: "Yams"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        // A lease by HTTP, as a program of others would do it.
        .executableTarget(
            name: "lease-example",
            dependencies: ["KoinonProtocol", "KoinonLedger", "KoinonClient"],
            path: "Examples/Lease"),
        // Puts the web page's files into the program, so that it runs from anywhere.
        .executableTarget(name: "embed-web", path: "Plugins/embed-web"),
        .plugin(name: "EmbedWeb", capability: .buildTool(), dependencies: ["embed-web"]),
        // How many random cases the property tests try.
        .target(name: "TestSeeds", path: "Tests/TestSeeds"),
        // A node on a home of its own with accounts that sign and send, for tests.
        .target(
            name: "TestNodes",
            dependencies: [
                "KoinonProtocol", "KoinonLedger", "KoinonMachine", "KoinonStore", "KoinonClient",
                "KoinonNode",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/TestNodes"),
        .testTarget(
            name: "KoinonProtocolTests", dependencies: ["KoinonProtocol", "TestSeeds"]),
        .testTarget(
            name: "KoinonLedgerTests", dependencies: ["KoinonLedger", "TestSeeds"],
            resources: [.copy("Vectors")]),
        .testTarget(name: "KoinonMachineTests", dependencies: ["KoinonMachine", "TestSeeds"]),
        .testTarget(name: "KoinonStoreTests", dependencies: ["KoinonStore", "CFaultVFS"]),
        .testTarget(name: "KoinonClientTests", dependencies: ["KoinonClient"]),
        // The command too: tests run it as processes of its own.
        .testTarget(
            name: "KoinonNodeTests",
            dependencies: [
                "KoinonNode", "koinon", "CFaultVFS", "TestNodes", "TestSeeds",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        // Against etcd-server as a process of its own.
        .testTarget(
            name: "KoinonEtcdTests",
            dependencies: [
                "KoinonEtcd", "KoinonNode", "koinon", "TestNodes",
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2", package: "grpc-swift-nio-transport"),
                .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "KoinonServerTests",
            dependencies: [
                "KoinonServer", "koinon", "TestSeeds", "TestNodes",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .testTarget(name: "KoinonReplayTests", dependencies: ["KoinonReplay", "TestSeeds"]),
        .testTarget(
            name: "KoinonBenchTests",
            dependencies: [
                "KoinonBench",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .testTarget(
            name: "KoinonSimulationTests", dependencies: ["KoinonSimulation", "TestSeeds"]),
        .testTarget(
            name: "KoinonCommandTests",
            dependencies: [
                "koinon", "lease-example", "KoinonClient", "KoinonLedger", "KoinonMachine",
                "KoinonSimulation", "KoinonStore", "TestNodes",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["Snapshots"]),
        // Every parser of bytes from outside with what must hold: docs/fuzzing.md.
        .target(
            name: "KoinonFuzzing",
            dependencies: [
                "KoinonProtocol", "KoinonLedger", "KoinonMachine", "KoinonClient", "KoinonNode",
                "KoinonEtcd", "KoinonServer", "KoinonReplay",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Fuzz/KoinonFuzzing"),
        .testTarget(name: "KoinonFuzzingTests", dependencies: ["KoinonFuzzing", "TestSeeds"]),
        // Holds the rules of this list and of the sources' folders.
        .testTarget(name: "TidyTests"),
    ],
    swiftLanguageModes: [.v6]
)

// The program that `make fuzz` builds links libFuzzer, which only -sanitize=fuzzer brings.
if Context.environment["KOINON_FUZZ"] != nil {
    package.targets += [
        .systemLibrary(name: "CLibFuzzer", path: "Fuzz/CLibFuzzer"),
        .executableTarget(
            name: "koinon-fuzz", dependencies: ["CLibFuzzer", "KoinonFuzzing"],
            path: "Fuzz/koinon-fuzz"),
    ]
}
