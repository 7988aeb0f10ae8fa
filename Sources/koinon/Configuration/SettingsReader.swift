import Configuration
import Foundation
import struct KoinonNode.NodeFileFault
import struct KoinonNode.NodeHome
import KoinonProtocol
import KoinonServer
import SystemPackage
import Yams

/// Reads settings from flags, the environment and a file; the first of these that has one wins.
struct SettingsReader {
    private struct Source {
        /// Of a key, as people find it there.
        var name: @Sendable (String) -> String
        var provider: any ConfigProvider
    }

    private(set) var settings = NodeSettings()
    private(set) var faults: [SettingFault] = []
    /// What has no effect, and hinders nothing.
    private(set) var warnings: [SettingFault] = []
    /// Where each setting came from, for those that were set.
    private(set) var origins: [String: String] = [:]

    /// - Parameters:
    ///   - flags: values by key, as text.
    ///   - file: JSON or YAML; nil looks for server.yaml and server.json in `home`, if there is one.
    init(
        flags: [String: String], environment: [String: String], file: String?, home: URL?
    ) async {
        var sources = [
            Source(
                name: { Self.flag($0) },
                // The environment's way of reading numbers and lists out of text.
                provider: EnvironmentVariablesProvider(
                    environmentVariables: Dictionary(
                        uniqueKeysWithValues: flags.map { (Self.variable($0.key), $0.value) })
                ).prefixKeys(with: "koinon")),
            Source(
                name: { "\(Self.variable($0)) in the environment" },
                provider: EnvironmentVariablesProvider(environmentVariables: environment)
                    .prefixKeys(with: "koinon")),
        ]
        if let path = file ?? home.flatMap({ Self.file(in: $0) }) {
            do {
                // One without a line says nothing, which is what somebody begins with.
                if try Self.check(path, &faults) {
                    sources.append(
                        Source(name: { _ in path }, provider: try await Self.provider(path)))
                }
            } catch let fault as SettingFault {
                faults.append(fault)
            } catch let error as CocoaError {
                faults.append(
                    SettingFault(
                        field: "--config", source: path, problem: "cannot be read",
                        remedy: "\(FileFault(error))"))
            } catch {
                faults.append(
                    SettingFault(
                        field: "--config", source: path, problem: "cannot be read: \(error)",
                        remedy: "write YAML or JSON as docs/configuration.md shows"))
            }
        }
        for setting in Setting.all { read(setting, sources) }
        warnOfVariables(environment.keys)
        takeCertificate()
        if let home { takePeers(of: NodeHome(home)) }
    }

    /// Variables of the project's other programs and of its tests: these, and those that go on
    /// with an underscore.
    private static let otherVariables = [
        "FAULTS", "FUZZ", "NODE", "PYTHON", "RECORD", "SHOTS", "TEST",
    ]
    .map { "KOINON_\($0)" }

    /// A variable with a typing error would silently have no effect; it is no fault, since it may
    /// be somebody else's.
    private mutating func warnOfVariables(_ names: some Sequence<String>) {
        let known = Setting.all.map { Self.variable($0.key) }
        for name in names.sorted() where name.hasPrefix("KOINON_") && !known.contains(name) {
            let isOther = Self.otherVariables.contains { name == $0 || name.hasPrefix($0 + "_") }
            if !isOther { warnings.append(.unknown(name, in: "the environment", known: known)) }
        }
    }

    /// Whom the node asks for blocks it also asks for content, unless something else is set.
    private mutating func takePeers(of home: NodeHome) {
        let file = home.configurationFile.relativePath
        guard FileManager.default.fileExists(atPath: file) else { return }
        let peers: [String]
        do { peers = try home.configuration().peers ?? [] } catch let fault as NodeFileFault {
            faults.append(
                SettingFault(
                    field: fault.field, source: file, problem: fault.problem,
                    remedy: fault.remedy))
            return
        } catch {
            faults.append(
                SettingFault(
                    field: "node.json", source: file, problem: "cannot be read",
                    remedy: "\((error as? CocoaError).map { "\(FileFault($0))" } ?? "\(error)")"))
            return
        }
        guard origins["content.sources"] == nil, !peers.isEmpty else { return }
        settings.server.content.sources = peers
        origins["content.sources"] = "peers of \(home.configurationFile.path)"
    }

    /// Looks at all sources, also behind the one that counts: what is wrong there would be met
    /// on the day when that one goes.
    private mutating func read(_ setting: Setting, _ sources: [Source]) {
        let key = AbsoluteConfigKey(setting.key.split(separator: ".").map(String.init))
        for source in sources {
            let place = source.name(setting.key)
            do {
                let found = try source.provider.value(forKey: key, type: setting.type)
                guard let content = found.value?.content else { continue }
                var changed = settings
                guard setting.set(&changed, content) else {
                    add(setting, place, "is none that can be")
                    continue
                }
                if origins[setting.key] != nil { continue }
                settings = changed
                origins[setting.key] = place
            } catch {
                add(setting, place, "has another form")
            }
        }
    }

    private mutating func add(_ setting: Setting, _ place: String, _ problem: String) {
        faults.append(
            SettingFault(
                field: setting.key, source: place, problem: problem,
                remedy: "give \(setting.form)"))
    }

    /// The two files, which must go together and be readable.
    private mutating func takeCertificate() {
        let files = (settings.certificate, settings.key)
        switch (files.0.isEmpty, files.1.isEmpty) {
        case (true, true): return
        case (false, false):
            settings.server.tls = .init(certificate: files.0, key: files.1)
            do { try ServerConfiguration.check(settings.server) } catch {
                faults.append(
                    SettingFault(
                        field: "tls", source: origins["tls.certificate"] ?? "", problem: "\(error)",
                        remedy: "name a certificate and its key in PEM form"))
            }
        default:
            let missing = files.0.isEmpty ? "tls.certificate" : "tls.key"
            faults.append(
                SettingFault(
                    field: missing, source: "nowhere", problem: "is missing",
                    remedy: "set both tls.certificate and tls.key, or neither"))
        }
    }

    /// "log.level" is --log-level, "http.port" --port.
    private static func flag(_ key: String) -> String {
        let words = key.split(separator: ".")
        return "--"
            + (words.first == "http" ? words.dropFirst() : words[...]).joined(separator: "-")
    }

    /// "http.allowedOrigins" is KOINON_HTTP_ALLOWED_ORIGINS.
    static func variable(_ key: String) -> String {
        var text = "KOINON_"
        for character in key {
            if character == "." {
                text += "_"
            } else {
                if character.isUppercase { text += "_" }
                text += character.uppercased()
            }
        }
        return text
    }

    private static func file(in home: URL) -> String? {
        ["server.yaml", "server.json"].map { home.appending(path: $0).path }
            .first { FileManager.default.fileExists(atPath: $0) }
    }

    private static func provider(_ path: String) async throws -> any ConfigProvider {
        let filePath = FilePath(path)
        if path.hasSuffix(".json") {
            return try await FileProvider<JSONSnapshot>(filePath: filePath)
        }
        return try await FileProvider<YAMLSnapshot>(filePath: filePath)
    }

    static let fileBytesMaximum = 65_536
    private static let valuesMaximum = 1_000

    /// The file's text.
    ///
    /// - Throws: ``SettingFault`` for one that is too long, or that grows when its aliases are
    ///   put in; what the disk or the parser says.
    private static func text(_ path: String) throws -> String {
        let handle = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? handle.close() }
        let bytes = try handle.read(upToCount: fileBytesMaximum + 1) ?? Data()
        var left = valuesMaximum
        func count(_ node: Node) {
            left -= 1
            guard left > 0 else { return }
            switch node {
            case .mapping(let mapping): for (key, value) in mapping { [key, value].forEach(count) }
            case .sequence(let sequence): sequence.forEach(count)
            default: break
            }
        }
        guard bytes.count <= fileBytesMaximum,
            let text = String(validating: bytes, as: UTF8.self)
        else {
            throw SettingFault(
                field: "--config", source: path,
                problem: "has more than \(fileBytesMaximum) bytes, or is no UTF-8",
                remedy: "write YAML or JSON as docs/configuration.md shows")
        }
        if let document = try Yams.compose(yaml: text) { count(document) }
        guard left > 0 else {
            throw SettingFault(
                field: "--config", source: path,
                problem: "holds more than \(valuesMaximum) names and values",
                remedy: "leave out what is no setting, and write values without aliases")
        }
        return text
    }

    /// Names that mean nothing: a setting with a typing error would silently have no effect.
    ///
    /// - Returns: false when there is nothing in the file, or nothing but comments.
    private static func check(_ path: String, _ faults: inout [SettingFault]) throws -> Bool {
        let text = try text(path)
        let known = Setting.all.map(\.key)
        func walk(_ value: Any, _ name: String) {
            if let object = value as? [String: Any], !known.contains(name) {
                for (key, value) in object.sorted(by: { $0.key < $1.key }) {
                    walk(value, name.isEmpty ? key : "\(name).\(key)")
                }
            } else if !known.contains(name) {
                faults.append(.unknown(name, in: path, known: known))
            }
        }
        // YAML takes JSON too.
        guard let document = try Yams.load(yaml: text), !(document is NSNull) else { return false }
        guard document is [String: Any] else {
            throw SettingFault(
                field: "--config", source: path, problem: "holds no settings by name",
                remedy: "write YAML or JSON as docs/configuration.md shows")
        }
        walk(document, "")
        return true
    }
}
