import Glibc
import KoinonLedger
import KoinonProtocol

/// The named keys of a home: `HOME/keys/NAME.json`, one ``KeyFile`` each, in a folder
/// of mode 0700.
public struct KeyRing: Sendable {
    public let folder: String

    public init(home: String) {
        self.init(folder: home + "/keys")
    }

    /// - Parameter folder: may be missing; one within a missing one cannot be made.
    public init(folder: String) {
        self.folder = folder
    }

    public func path(of name: String) -> String { "\(folder)/\(name).json" }

    /// Makes a new key under a free name, which is a slug.
    ///
    /// - Throws: ``KeyFileFault``
    public func create(named name: String) throws(KeyFileFault) -> SigningKey {
        let key = SigningKey.generate()
        try add(key, named: name)
        return key
    }

    /// Stores a key under a free name.
    ///
    /// - Throws: ``KeyFileFault``
    public func add(_ key: SigningKey, named name: String) throws(KeyFileFault) {
        guard Slug.isValid(name) else { throw .badName(name) }
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw .system(path: folder, operation: "create", code: errno)
        }
        try KeyFile.create(key, at: path(of: name))
    }

    /// Deletes a key for ever.
    ///
    /// - Throws: ``KeyFileFault``
    public func remove(named name: String) throws(KeyFileFault) {
        guard Slug.isValid(name) else { throw .badName(name) }
        guard unlink(path(of: name)) == 0 else {
            throw .system(path: path(of: name), operation: "delete", code: errno)
        }
    }

    /// - Throws: ``KeyFileFault``, with the known names when there is none such.
    public func key(named name: String) throws(KeyFileFault) -> SigningKey {
        guard Slug.isValid(name) else { throw .badName(name) }
        do {
            return try KeyFile.read(at: path(of: name))
        } catch .missing {
            throw .unknownName(name, known: try names())
        }
    }

    /// The names of all keys, ascending; none when the folder is missing.
    ///
    /// - Throws: ``KeyFileFault``
    public func names() throws(KeyFileFault) -> [String] {
        guard let directory = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw .system(path: folder, operation: "open", code: errno)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(directory) else {
                if errno != 0 { throw .system(path: folder, operation: "list", code: errno) }
                return names.sorted()
            }
            let file = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            let name = String(file.dropLast(5))
            if file.hasSuffix(".json"), Slug.isValid(name) { names.append(name) }
        }
    }
}
