import KoinonProtocol

/// Requests and answers lead to each other, and each open request has its timer.
extension Market {
    static func requestViolations(in state: some StateReader) -> [String] {
        var violations: [String] = []
        var answerCounts: [RequestID: UInt32] = [:]
        let answers = answers.rows(in: state)
        for (id, answer) in answers {
            guard let requestID = RequestID(answer.request),
                let request = requests.get(requestID, in: state)
            else {
                violations.append("answer \(id) is to a request that is not there")
                continue
            }
            answerCounts[requestID, default: 0] += 1
            if request.state != .open { violations.append("answer \(id) outlived its request") }
            if !answersTo.contains(Key2(requestID, id), in: state) {
                violations.append("answer \(id) is not listed with its request")
            }
            if answer.provider == request.customer {
                violations.append("answer \(id) is the customer's own")
            }
            if answer.rounds > maximumRounds || answer.terms.unit != request.wish.unit {
                violations.append("answer \(id) goes beyond what an answer may")
            }
            if offers.contains(id, in: state) { violations.append("answer \(id) is an offer too") }
        }
        // Each of them is listed, so that more rows than those are too many.
        if answersTo.rows(in: state).count != answers.count {
            violations.append("answers are listed with requests that are not there")
        }
        var open = 0
        for (id, request) in requests.rows(in: state) {
            violations += violation(of: id, request, answers: answerCounts[id] ?? 0, in: state)
            guard request.state == .open, let customer = AccountID(request.customer) else {
                continue
            }
            open += 1
            let own = openRequests.rows(under: customer, in: state).map(\.key.b)
            if !own.contains(id) { violations.append("request \(id) is not listed as open") }
            if own.count > maximumOpenRequests {
                violations.append("\(customer) has \(own.count) open requests")
            }
        }
        if openRequests.rows(in: state).count != open {
            violations.append("requests are listed as open that are not")
        }
        if Timers.all(of: number, in: state).count != open {
            violations.append("timers are set for requests that are not open")
        }
        return violations
    }

    private static func violation(
        of id: RequestID, _ request: Request, answers: UInt32, in state: some StateReader
    ) -> [String] {
        var violations: [String] = []
        if request.answers != answers || answers > maximumAnswers {
            violations.append("request \(id) counts \(request.answers) answers of \(answers)")
        }
        let isTimed = Timers.isSet(
            due: Timestamp(milliseconds: request.wish.expiresAtMs), module: number,
            kind: TimerKind.expire.rawValue, subject: id.bytes, in: state)
        if isTimed != (request.state == .open) {
            violations.append("request \(id) is open without a timer, or closed with one")
        }
        let agreement = AgreementID(request.agreement).flatMap {
            Agreements.agreement($0, in: state)
        }
        let isTaken = agreement.map { $0.offer == request.answer } ?? false
        if isTaken != (request.state == .taken) {
            violations.append("request \(id) does not lead to the agreement that came of it")
        }
        return violations
    }
}
