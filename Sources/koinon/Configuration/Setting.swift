import Configuration
import KoinonServer
import Logging

/// One thing that can be set: its name, the form of its value, and where it goes.
struct Setting: Sendable {
    let key: String
    let type: ConfigType
    /// What a value must be, for the remedy.
    let form: String
    /// Takes the value; false when it is none that can be.
    let set: @Sendable (inout NodeSettings, ConfigContent) -> Bool
    /// What it is now.
    let show: @Sendable (NodeSettings) -> String

    /// Every setting, in the order of docs/configuration.md.
    static let all: [Setting] = [
        text("http.host", "an address or name to listen at, for instance 127.0.0.1") {
            \.server.host
        },
        number("http.port", 0...65_535) { \.server.port },
        list("http.allowedOrigins", "origins, for instance https://shop.example") {
            \.server.allowedOrigins
        },
        text("tls.certificate", "the path of a PEM file with the certificates") {
            \.certificate
        },
        text("tls.key", "the path of a PEM file with the private key") { \.key },
        number("limits.bodyBytes", 1_024...67_108_864) { \.server.limits.bodyBytes },
        // One address has half of it, in which the largest body that is allowed must fit.
        number("limits.bodiesBytes", 134_217_728...Int.max) { \.server.limits.bodiesBytes },
        number("limits.requestsPerSecond", 0...1_000_000) {
            \.server.limits.requestsPerSecond
        },
        number("limits.requestBurst", 1...1_000_000) { \.server.limits.requestBurst },
        number("limits.connections", 0...1_000_000) { \.server.limits.connections },
        number("limits.connectionsPerAddress", 0...1_000_000) {
            \.server.limits.connectionsPerAddress
        },
        number("limits.eventStreams", 0...1_000_000) { \.server.limits.eventStreams },
        number("limits.syncStreams", 0...1_000_000) { \.server.limits.syncStreams },
        number("limits.idleSeconds", 1...86_400) { \.server.limits.idleSeconds },
        number("limits.waitMilliseconds", 0...600_000) { \.server.limits.waitMilliseconds },
        number("content.textBytes", 0...1_048_576) { \.server.content.limits.textBytes },
        number("content.pictureBytes", 0...67_108_864) {
            \.server.content.limits.pictureBytes
        },
        number("content.totalBytes", 0...Int.max) { \.server.content.limits.totalBytes },
        list("content.sources", "addresses of nodes, for instance https://node.example") {
            \.server.content.sources
        },
        secret("content.token", "a text that the operator alone knows") {
            \.server.content.token
        },
        text("join.member", "the id of a member that this node hosts") {
            \.server.join.member
        },
        text("join.testUnit", "the id of a unit that this member issues") {
            \.server.join.testUnit
        },
        number("join.testAmountMinor", 0...Int.max) { \.server.join.testAmountMinor },
        number("join.accountsPerAddress", 0...1_000_000) {
            \.server.join.limits.accountsPerAddress
        },
        number("join.accounts", 0...1_000_000) { \.server.join.limits.accounts },
        number("snapshots.everyBlocks", 0...Int.max) { \.housekeeping.snapshotEvery },
        number("snapshots.keep", 1...1_000) { \.housekeeping.snapshotsKept },
        number("prune.keepBlocks", 0...Int.max) { \.housekeeping.keepBlocks },
        number("pool.transactions", 1...10_000_000) { \.poolTransactions },
        number("pool.bytes", 65_536...1_073_741_824) { \.poolBytes },
        number("order.keepBlocks", 16...10_000_000) { \.retention.blocks },
        number("order.keepBytes", 1_048_576...68_719_476_736) { \.retention.bytes },
        choice("log.level", Logger.Level.self) { \.logLevel },
        choice("log.format", NodeSettings.LogFormat.self) { \.logFormat },
    ]

    private typealias Path<Value> = @Sendable () -> WritableKeyPath<NodeSettings, Value>

    private static func text(_ key: String, _ form: String, _ path: @escaping Path<String>)
        -> Setting
    {
        Setting(key: key, type: .string, form: form) { settings, content in
            guard case .string(let value) = content, !value.isEmpty else { return false }
            settings[keyPath: path()] = value
            return true
        } show: {
            $0[keyPath: path()]
        }
    }

    /// As ``text(_:_:_:)``, but never shown.
    private static func secret(_ key: String, _ form: String, _ path: @escaping Path<String?>)
        -> Setting
    {
        Setting(key: key, type: .string, form: form) { settings, content in
            guard case .string(let value) = content, !value.isEmpty else { return false }
            settings[keyPath: path()] = value
            return true
        } show: {
            $0[keyPath: path()] == nil ? "" : "(set)"
        }
    }

    private static func number(
        _ key: String, _ range: ClosedRange<Int>, _ path: @escaping Path<Int>
    ) -> Setting {
        let form = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return Setting(key: key, type: .int, form: form) { settings, content in
            guard case .int(let value) = content, range.contains(value) else { return false }
            settings[keyPath: path()] = value
            return true
        } show: {
            String($0[keyPath: path()])
        }
    }

    private static func list(_ key: String, _ form: String, _ path: @escaping Path<[String]>)
        -> Setting
    {
        Setting(key: key, type: .stringArray, form: form) { settings, content in
            guard case .stringArray(let value) = content else { return false }
            settings[keyPath: path()] = value
            return true
        } show: {
            $0[keyPath: path()].joined(separator: ",")
        }
    }

    private static func choice<Choice: RawRepresentable & CaseIterable & SendableMetatype>(
        _ key: String, _ type: Choice.Type, _ path: @escaping Path<Choice>
    ) -> Setting where Choice.RawValue == String {
        let form = "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", ")
        return Setting(key: key, type: .string, form: form) { settings, content in
            guard case .string(let value) = content, let choice = Choice(rawValue: value) else {
                return false
            }
            settings[keyPath: path()] = choice
            return true
        } show: {
            $0[keyPath: path()].rawValue
        }
    }
}
