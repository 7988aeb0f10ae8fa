import Glibc
import KoinonClient

/// A listening Unix domain socket, and a pipe that wakes whoever waits on it.
final class LocalListener: Sendable {
    enum Accepted: Sendable {
        case connection(LocalConnection)
        case stopped
        /// No descriptor or memory is free at the moment.
        case exhausted
    }

    private let path: String
    private let socket: Int32
    private let stopReader: Int32
    private let stopWriter: Int32
    /// Of the socket's name, so that another node's is never removed.
    private let inode: ino_t

    init(path: String) throws(LocalSocketFault) {
        self.path = path
        try Self.removeStaleSocket(path)
        var pipe: [Int32] = [-1, -1]
        guard Glibc.pipe(&pipe) == 0 else {
            throw .system(operation: "listen on", path: path, code: errno)
        }
        for end in pipe {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (stopReader, stopWriter) = (pipe[0], pipe[1])
        socket = Glibc.socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC | O_NONBLOCK, 0)
        do throws(LocalSocketFault) {
            guard socket >= 0 else {
                throw .system(operation: "listen on", path: path, code: errno)
            }
            inode = try Self.bind(socket, to: path)
        } catch {
            for descriptor in [socket, stopReader, stopWriter] where descriptor >= 0 {
                close(descriptor)
            }
            throw error
        }
    }

    deinit {
        for descriptor in [socket, stopReader, stopWriter] { close(descriptor) }
    }

    private static func bind(_ socket: Int32, to path: String) throws(LocalSocketFault) -> ino_t {
        // On Linux the mode of the descriptor becomes that of the name (less the umask), so
        // that nobody can connect before a chmod.
        guard fchmod(socket, 0o600) == 0 else {
            throw .system(operation: "protect", path: path, code: errno)
        }
        let code = try LocalAddress.with(path: path) {
            Glibc.bind(socket, $0, $1) == 0 ? 0 : errno
        }
        guard code == 0 else {
            throw code == EADDRINUSE
                ? .inUse(path: path) : .system(operation: "create", path: path, code: code)
        }
        var status = stat()
        guard lstat(path, &status) == 0, listen(socket, 64) == 0 else {
            let code = errno
            unlink(path)
            throw .system(operation: "listen on", path: path, code: code)
        }
        return status.st_ino
    }

    /// A node that was killed leaves its socket's name behind; one that lives answers.
    private static func removeStaleSocket(_ path: String) throws(LocalSocketFault) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw .system(operation: "replace", path: path, code: ENOTSOCK)
        }
        do throws(LocalSocketFault) {
            _ = try LocalConnection.open(
                path: path, before: ContinuousClock.now.advanced(by: .seconds(1)))
        } catch .noNode {
            guard unlink(path) == 0 || errno == ENOENT else {
                throw .system(operation: "replace", path: path, code: errno)
            }
            return
        } catch .timedOut {
            throw .inUse(path: path)
        }
        throw .inUse(path: path)
    }

    /// Blocks until someone connects or ``stop()`` is called.
    func accept() throws(LocalSocketFault) -> Accepted {
        while true {
            var items = [
                pollfd(fd: stopReader, events: Int16(POLLIN), revents: 0),
                pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&items, 2, -1) < 0, errno != EINTR {
                throw .system(operation: "listen on", path: path, code: errno)
            }
            if items[0].revents != 0 { return .stopped }
            if items[1].revents == 0 { continue }
            let connected = Glibc.accept(socket, nil, nil)
            if connected >= 0 {
                _ = fcntl(connected, F_SETFD, FD_CLOEXEC)
                return .connection(LocalConnection(socket: connected))
            }
            switch errno {
            case EINTR, EAGAIN, ECONNABORTED: continue
            case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                // Not at once again, or this turns in circles.
                if poll(&items, 1, 100) > 0 { return .stopped }
                return .exhausted
            default: throw .system(operation: "accept on", path: path, code: errno)
            }
        }
    }

    /// Wakes ``accept()``, now and for ever. Safe to call often and from anywhere.
    func stop() {
        var byte: UInt8 = 1
        // A full pipe wakes just as well.
        _ = write(stopWriter, &byte, 1)
    }

    func removeName() {
        var status = stat()
        if lstat(path, &status) == 0, status.st_ino == inode { unlink(path) }
    }
}
