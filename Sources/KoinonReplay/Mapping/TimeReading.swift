/// How a file's columns of time are to be read.
public struct TimeReading: Hashable, Sendable {
    /// What a field holds.
    public enum Form: Hashable, Sendable {
        /// Local times written as the pattern says, of the zone with this name.
        case local(pattern: String, zone: String)
        /// ISO 8601 with an offset in each field.
        case iso8601
        case unixSeconds
        case unixMilliseconds
    }

    public var form: Form
    /// Added to a local time before the zone is asked.
    public var localShiftMinutes = 0
    /// Added to the moment at the end, so that files of different years can meet.
    public var shiftWeeks = 0

    public init(form: Form, localShiftMinutes: Int = 0, shiftWeeks: Int = 0) {
        self.form = form
        self.localShiftMinutes = localShiftMinutes
        self.shiftWeeks = shiftWeeks
    }
}

extension TimeReading: Decodable {
    private enum Keys: String, CodingKey, CaseIterable {
        case form, zone
        case localShiftMinutes = "local_shift_minutes"
        case shiftWeeks = "shift_weeks"
    }

    public init(from decoder: any Decoder) throws {
        let object = try decoder.strictObject(Keys.self)
        let form = try object.decode(String.self, forKey: .form)
        let zone = try object.decodeIfPresent(String.self, forKey: .zone)
        localShiftMinutes = try decoder.numberIfPresent(object, .localShiftMinutes) ?? 0
        shiftWeeks = try decoder.numberIfPresent(object, .shiftWeeks) ?? 0
        switch form {
        case "iso8601": self.form = .iso8601
        case "unix_seconds": self.form = .unixSeconds
        case "unix_milliseconds": self.form = .unixMilliseconds
        default:
            // A form that is misspelled should not be answered with the want of a zone.
            _ = try TimeReader(TimeReading(form: .local(pattern: form, zone: "GMT")))
            guard let zone else {
                throw decoder.fault(
                    at: "zone",
                    "it is missing. Name the zone of the file's clock, for instance Europe/Berlin.")
            }
            self.form = .local(pattern: form, zone: zone)
        }
        try check(decoder, zone: zone)
    }

    private func check(_ decoder: any Decoder, zone: String?) throws {
        // A day covers any mistaken zone; ten years bring any two files together.
        guard (-1_440...1_440).contains(localShiftMinutes) else {
            throw decoder.fault(at: "local_shift_minutes", "give −1440 to 1440.")
        }
        guard (-520...520).contains(shiftWeeks) else {
            throw decoder.fault(at: "shift_weeks", "give −520 to 520.")
        }
        if case .local = form {
            _ = try TimeReader(self)
        } else if zone != nil || localShiftMinutes != 0 {
            throw decoder.fault(
                at: zone != nil ? "zone" : "local_shift_minutes",
                "times of this form name their moment by themselves. Remove it.")
        }
    }
}

/// Reads fields as a ``TimeReading`` says; made once for a file.
struct TimeReader: Sendable {
    private enum Form: Sendable {
        case local(TimePattern, LocalClock)
        case iso8601
        case unix(digits: Int)
    }

    private let form: Form
    private let localShift: Int64
    private let shift: Int64

    /// - Throws: ``MappingFault`` when the pattern or the zone is not known; those of a
    ///   decoded reading are.
    init(_ reading: TimeReading) throws(MappingFault) {
        localShift = Int64(reading.localShiftMinutes) * 60_000
        shift = Int64(reading.shiftWeeks) * 7 * 86_400_000
        switch reading.form {
        case .iso8601: form = .iso8601
        case .unixSeconds: form = .unix(digits: 3)
        case .unixMilliseconds: form = .unix(digits: 0)
        case .local(let pattern, let zone):
            guard let clock = LocalClock(zone: zone) else {
                throw MappingFault(
                    path: "time.zone",
                    message: "no zone \"\(zone)\" is known here. Name one of the IANA "
                        + "database, for instance America/New_York.")
            }
            do throws(TimePattern.Fault) {
                form = .local(try TimePattern(pattern), clock)
            } catch {
                throw MappingFault(
                    path: "time.form",
                    message: "\(error.message). Give iso8601, unix_seconds, unix_milliseconds, "
                        + "or a pattern such as M/d/yyyy H:mm.")
            }
        }
    }

    /// Milliseconds since 1970-01-01 00:00 UTC, shifted; nil when the field is no time.
    func milliseconds(_ field: ArraySlice<UInt8>) -> Int64? {
        let moment: Int64? =
            switch form {
            case .iso8601: ISO8601.milliseconds(field)
            case .unix(let digits): TextScanner.fixedPoint(field, digits: digits)
            case .local(let pattern, let clock):
                pattern.read(field)?.milliseconds.map { clock.moment(local: $0 + localShift) }
            }
        return moment.map { $0 + shift }
    }
}
