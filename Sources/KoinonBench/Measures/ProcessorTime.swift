import Glibc

/// Processor time of this process, on all cores together: unlike the clock on the wall it
/// hardly changes when others use the machine too.
enum ProcessorTime {
    /// Since the process began, in seconds; the kernel's work for it included.
    static var seconds: Double {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }
}
