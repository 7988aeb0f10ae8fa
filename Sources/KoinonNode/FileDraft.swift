import Foundation
import Glibc
import KoinonStore

/// What a file is to hold next, durable beside it before it takes the file's place.
public struct FileDraft: Sendable {
    public let file: URL
    private var path: String { file.path + ".draft" }

    /// - Parameter mode: the file's permissions, whatever the process masks.
    /// - Throws: ``HomeFault`` when it cannot be written.
    public init(_ bytes: [UInt8], of file: URL, mode: mode_t = 0o644) throws {
        self.file = file
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC
        let descriptor = Glibc.open(path, flags, 0o600)
        guard descriptor >= 0 else { throw Self.fault(file) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do { try handle.write(contentsOf: Data(bytes)) } catch {
            throw HomeFault("\(file.path): cannot be written; is the disk full? (\(error))")
        }
        guard fchmod(descriptor, mode) == 0, fsync(descriptor) == 0 else {
            throw Self.fault(file)
        }
        try handle.close()
    }

    /// Takes the file's place, and makes durable that it did.
    ///
    /// - Throws: ``HomeFault``, or the store's fault for the folder.
    public func settle() throws {
        guard rename(path, file.path) == 0 else { throw Self.fault(file) }
        try DurableFiles.synchronize(file.deletingLastPathComponent().path)
    }

    private static func fault(_ file: URL) -> HomeFault {
        HomeFault(
            "\(file.path): cannot be written: \(String(cString: strerror(errno))); look at the folder's permissions and its disk"
        )
    }
}
