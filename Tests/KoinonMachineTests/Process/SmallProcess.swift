import KoinonProtocol

@testable import KoinonMachine

extension ProcessDefinition {
    /// A process as small as one can be that still does a little of everything.
    ///
    /// open → waiting (promised) → using (in use) → done, or by timers → over.
    static func small(_ change: (inout ProcessDefinition) -> Void = { _ in }) -> ProcessDefinition {
        var process = ProcessDefinition.with {
            $0.id = "small"
            $0.title = "A small process"
            $0.roles = [
                .with {
                    $0.name = "owner"; $0.source = .provider
                },
                .with {
                    $0.name = "guest"; $0.source = .opener
                },
                .with {
                    $0.name = "house"; $0.source = .platform
                },
            ]
            $0.terms = [
                .with {
                    $0.name = "patience"; $0.title = "How long to wait"; $0.defaultValue = 60_000
                    $0.minimum = 0; $0.maximum = .max
                },
                .with {
                    $0.name = "extra"; $0.title = "Any number"; $0.minimum = .min; $0.maximum = .max
                },
            ]
            $0.definitions = [
                .with {
                    $0.name = "fee"; $0.expression = "price * quantity"
                },
                .with {
                    $0.name = "both"; $0.expression = "fee + deposit"
                },
            ]
            $0.states = [
                .with {
                    $0.name = "waiting"; $0.title = "Waits"; $0.occupancy = .promised
                },
                .with {
                    $0.name = "using"; $0.title = "In use"; $0.occupancy = .inUse
                },
                .with {
                    $0.name = "done"; $0.title = "Done"; $0.final = true
                },
                .with {
                    $0.name = "over"; $0.title = "Over"; $0.final = true
                },
            ]
            $0.transitions = [
                .with {
                    $0.name = "begin"; $0.to = "waiting"; $0.by = ["guest"]
                    $0.effects = [
                        .with {
                            $0.collect.from = "guest"; $0.collect.amount = "both"
                        }
                    ]
                },
                .with {
                    $0.name = "use"; $0.from = "waiting"; $0.to = "using"; $0.by = ["guest"]
                    $0.guards = [
                        .with {
                            $0.condition = "now >= start"; $0.otherwise = "early"
                        }
                    ]
                    $0.effects = [.with { $0.moveCustody.to = "guest" }]
                },
                .with {
                    $0.name = "end"; $0.from = "using"; $0.to = "done"; $0.by = ["guest", "owner"]
                    $0.effects = [
                        .with {
                            $0.pay.to = "owner"; $0.pay.amount = "fee"
                        },
                        .with {
                            $0.recordSettled.role = "guest"; $0.recordSettled.late = "0"
                        },
                    ]
                    $0.remainderTo = "guest"
                },
                .with {
                    $0.name = "give_up"; $0.from = "waiting"; $0.to = "over"
                    $0.timer = .with {
                        $0.base = .entered; $0.offsetMs = "patience"
                    }
                    $0.remainderTo = "guest"
                },
                .with {
                    $0.name = "stop"; $0.from = "using"; $0.to = "over"
                    $0.timer = .with {
                        $0.base = .end; $0.offsetMs = "0"
                    }
                    $0.effects = [
                        .with {
                            $0.pay.to = "owner"; $0.pay.amount = "fee + extra"
                        }
                    ]
                    $0.remainderTo = "guest"
                },
            ]
        }
        change(&process)
        return process
    }

    /// One more state that a timer leaves.
    mutating func addState(_ name: String, occupancy: Occupancy = .none, timerTo: String? = "over")
    {
        states.append(
            .with {
                $0.name = name
                $0.title = name
                $0.occupancy = occupancy
            })
        guard let timerTo else { return }
        transitions.append(
            .with {
                $0.name = "leave"; $0.from = name; $0.to = timerTo
                $0.timer = .with { $0.offsetMs = "1" }
                if ["done", "over"].contains(timerTo) { $0.remainderTo = "guest" }
            })
    }

    mutating func addTransition(from: String, to: String, by: [String] = ["guest"]) {
        transitions.append(
            .with {
                $0.name = "move"
                $0.from = from
                $0.to = to
                $0.by = by
                if ["done", "over"].contains(to) { $0.remainderTo = "guest" }
            })
    }
}
