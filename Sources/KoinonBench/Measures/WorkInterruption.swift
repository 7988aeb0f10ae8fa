import Dispatch
import Glibc
import Synchronization

/// Cleans up when a benchmark or a simulation is ended by Control-C or SIGTERM, from when it is
/// made until its end.
public struct WorkInterruption {
    private let sources: [any DispatchSourceSignal]
    /// A signal ends the process, so one for all.
    private static let hasCome = Mutex(false)

    public init() {
        sources = [SIGINT, SIGTERM].map { number in
            // Else it would end the process at once.
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: .global())
        }
        for (number, source) in zip([SIGINT, SIGTERM], sources) {
            source.setEventHandler {
                Self.hasCome.withLock { $0 = true }
                WorkFolder.removeAll()
                // The shell sees which signal it was.
                signal(number, SIG_DFL)
                kill(getpid(), number)
            }
            source.resume()
        }
    }

    /// Leaves the end of the process to the signal, if one came: what a benchmark then finds wrong
    /// is that its folder is gone.
    public func settle() async {
        guard Self.hasCome.withLock({ $0 }) else { return }
        // It comes within seconds.
        try? await Task.sleep(for: .seconds(60))
    }

    public func end() { for source in sources { source.cancel() } }
}
