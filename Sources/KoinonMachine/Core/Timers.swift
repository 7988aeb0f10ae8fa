import struct Foundation.Data
import KoinonProtocol

/// What the machine does by itself: kept by due time, run before the transactions
/// of the first block whose time has reached it, in due order.
public enum Timers {
    /// Due time, module, kind, subject, name: unique, and in the order of execution.
    static let table = Table<
        Key3<UInt64, Key2<UInt32, UInt32>, Key2<ByteString, String>>, TimerMarker
    >(
        prefix: 0x01)

    static func set(
        due: Timestamp, module: UInt32, kind: UInt32, subject: [UInt8], name: String = "",
        in state: StateOverlay
    ) {
        table.set(key(due, module, kind, subject, name), TimerMarker(), in: state)
    }

    static func cancel(
        due: Timestamp, module: UInt32, kind: UInt32, subject: [UInt8], name: String = "",
        in state: StateOverlay
    ) {
        table.remove(key(due, module, kind, subject, name), in: state)
    }

    static func isSet(
        due: Timestamp, module: UInt32, kind: UInt32, subject: [UInt8], name: String = "",
        in state: some StateReader
    ) -> Bool {
        table.contains(key(due, module, kind, subject, name), in: state)
    }

    /// Every timer of a module, in due order; for invariants and queries.
    static func all(of module: UInt32, in state: some StateReader) -> [TimerRecord] {
        table.rows(in: state).map { record($0.key) }.filter { $0.module == module }
    }

    /// Every timer that is set, in the order in which they will run.
    public static func pending(in state: some StateReader) -> [TimerRecord] {
        table.rows(in: state).map { record($0.key) }
    }

    /// The earliest timer, if it is due at `time`.
    static func next(dueBy time: Timestamp, in state: some StateReader) -> TimerRecord? {
        guard let row = table.rows(limit: 1, in: state).first, row.key.a <= time.milliseconds else {
            return nil
        }
        return record(row.key)
    }

    private static func record(
        _ key: Key3<UInt64, Key2<UInt32, UInt32>, Key2<ByteString, String>>
    ) -> TimerRecord {
        var record = TimerRecord()
        record.dueMs = key.a
        record.module = key.b.a
        record.kind = key.b.b
        record.subject = Data(key.c.a.bytes)
        record.name = key.c.b
        return record
    }

    static func remove(_ record: TimerRecord, in state: StateOverlay) {
        cancel(
            due: Timestamp(milliseconds: record.dueMs), module: record.module, kind: record.kind,
            subject: Array(record.subject), name: record.name, in: state)
    }

    private static func key(
        _ due: Timestamp, _ module: UInt32, _ kind: UInt32, _ subject: [UInt8], _ name: String
    ) -> Key3<UInt64, Key2<UInt32, UInt32>, Key2<ByteString, String>> {
        Key3(due.milliseconds, Key2(module, kind), Key2(ByteString(subject), name))
    }
}
