import Foundation
import Glibc

/// Where the command writes for people.
enum Terminal {
    /// Whether standard error is a terminal that a line can be rewritten on.
    static var isInteractive: Bool {
        isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// Whether standard output is a terminal that can be written over.
    static var isOutputInteractive: Bool {
        isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// Columns of the terminal that standard output is; 80 when it is none.
    static var width: Int {
        var size = winsize()
        guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0,
            size.ws_col >= 40
        else { return 80 }
        return Int(size.ws_col)
    }

    /// Behind all that was printed, also where both go into one file.
    static func writeError(_ text: String) {
        fflush(nil)
        FileHandle.standardError.write(Data(text.utf8))
    }
}

/// Shows how far something longer than two seconds has come: one rewritten line on a
/// terminal, a line every few seconds elsewhere.
final class ProgressLine {
    private let label: String
    private let start = ContinuousClock.now
    private var lastShown: ContinuousClock.Instant?
    private var isOpen = false

    init(_ label: String) {
        self.label = label
    }

    /// - Parameter atOnce: also if the last line is not old yet.
    func show(done: UInt64, of total: UInt64, detail: String = "", atOnce: Bool = false) {
        let now = ContinuousClock.now
        let pause: Duration = Terminal.isInteractive ? .milliseconds(100) : .seconds(2)
        if !atOnce {
            if let lastShown, lastShown.duration(to: now) < pause, done < total { return }
            // What is over within two seconds needs no lines in a log.
            if !Terminal.isInteractive, start.duration(to: now) < .seconds(2) { return }
        }
        lastShown = now
        let share = total == 0 ? 1 : Double(done) / Double(total)
        let percent = String(Int(share * 100))
        let head = "  \(label)  "
        guard Terminal.isInteractive else {
            Terminal.writeError("\(head)\(percent)%  \(detail)\n")
            return
        }
        let width = 30
        let filled = Int(share * Double(width))
        let bar =
            String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        let padding = String(repeating: " ", count: max(0, 3 - percent.count))
        Terminal.writeError("\r\u{1b}[K\(head)\(bar) \(padding)\(percent)%  \(detail)")
        isOpen = true
    }

    func finish() {
        if isOpen { Terminal.writeError("\r\u{1b}[K") }
        isOpen = false
    }
}
