import Dispatch
import Glibc

/// Cleans up when a benchmark is ended by Control-C or SIGTERM, from when it is made until its end.
public struct BenchInterruption {
    private let sources: [any DispatchSourceSignal]

    public init() {
        sources = [SIGINT, SIGTERM].map { number in
            // Else it would end the process at once.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                BenchFolder.removeAll()
                // The shell sees which signal it was.
                signal(number, SIG_DFL)
                kill(getpid(), number)
            }
            source.resume()
            return source
        }
    }

    public func end() { for source in sources { source.cancel() } }
}
