import KoinonProtocol

/// When an agreement leaves its present state by itself.
///
/// Due times are reckoned from values that stay the same while the state lasts, so
/// they need not be stored: whoever reads the agreement can tell them.
struct AgreementTimers {
    var id: AgreementID
    var agreement: Agreement
    var offer: Offer
    var process: RunnableProcess

    /// Each timer transition out of the present state with its moment, in the order
    /// of the process. A moment that cannot be reckoned or lies before the state was
    /// entered counts as the moment it was entered; each comes later by as long as a
    /// dispute froze the state.
    func due(in state: some StateReader) -> [(transition: Int, due: Timestamp)] {
        guard let position = process.state(named: agreement.state) else { return [] }
        let values = AgreementValues(
            id: id, agreement: agreement, offer: offer, process: process,
            now: Timestamp(milliseconds: agreement.enteredAtMs), state: state)
        return process.states[position].timers.compactMap { index in
            process.transitions[index].timer.map { (index, afterFreeze(due($0, values))) }
        }
    }

    private func afterFreeze(_ due: Timestamp) -> Timestamp {
        let (moment, overflow) = due.milliseconds.addingReportingOverflow(agreement.frozenMs)
        return overflow ? .maximum : min(Timestamp(milliseconds: moment), .maximum)
    }

    private func due(_ timer: ProcessTimer, _ values: AgreementValues) -> Timestamp {
        let entered = Timestamp(milliseconds: agreement.enteredAtMs)
        let base: UInt64 =
            switch timer.base {
            case .start: agreement.startMs
            case .end: agreement.endMs
            default: agreement.enteredAtMs
            }
        do throws(ArithmeticFault) {
            let offset = try timer.offset.evaluate(values)
            let (moment, overflow) = Int64(clamping: base).addingReportingOverflow(offset)
            // Beyond the end of time is as good as never; the end itself is allowed.
            guard !overflow else { return offset > 0 ? .maximum : entered }
            let due = Timestamp(milliseconds: UInt64(clamping: moment))
            return max(entered, min(due, .maximum))
        } catch {
            return entered
        }
    }

    func arm(in context: Context) {
        for (transition, due) in due(in: context.state) {
            Timers.set(
                due: due, module: Agreements.number, kind: UInt32(transition), subject: id.bytes,
                name: process.transitions[transition].name, in: context.state)
        }
    }

    func disarm(in context: Context) {
        for (transition, due) in due(in: context.state) {
            Timers.cancel(
                due: due, module: Agreements.number, kind: UInt32(transition), subject: id.bytes,
                name: process.transitions[transition].name, in: context.state)
        }
    }
}
