/// The machine must make the same bytes everywhere, always: no clock, randomness, floating
/// point, locale, logging, concurrency, surroundings, or order of a hashed collection.
enum MachineRules {
    /// Files where `[UInt8]` meets the `Data` of protobuf's bytes fields.
    static let usesData: Set<String> = [
        "AccountsActions.swift", "AccountsActions+Keys.swift", "AccountsActions+Recovery.swift",
        "AccountsActions+Sponsors.swift", "AgreementRun.swift", "AgreementRun+Effects.swift",
        "AgreementsActions.swift", "AgreementsActions+Resale.swift", "AgreementRun+Resale.swift",
        "ReputationActions.swift", "ReputationActions+Flags.swift",
        "ReputationActions+Vouches.swift", "ReviewPublication.swift",
        "AllianceActions.swift", "AllianceActions+Changes.swift",
        "AllianceActions+NodeKeys.swift", "CheckedEntry.swift", "CoreRows.swift",
        "DisputeLot.swift", "DisputeRun.swift", "DisputesActions.swift",
        "GenesisBlock.swift", "MarketActions.swift", "MarketActions+Answers.swift",
        "MarketActions+Requests.swift", "MoneyActions.swift",
        "MoneyActions+Holds.swift", "ResourcesActions.swift", "ResourcesActions+Custody.swift",
        "ResourcesActions+Stolen.swift", "TextCheck.swift", "Timers.swift",
    ]

    private static let banned: [(what: String, pattern: String)] = [
        ("all of Foundation", #"^[ \t]*(?:@\w+[ \t]+|public[ \t]+)*import[ \t]+Foundation\b"#),
        (
            "a clock",
            #"\b(?:Date|DispatchTime|ContinuousClock|SuspendingClock|clock_gettime|gettimeofday|CFAbsoluteTimeGetCurrent)\b|(?<![.\w])(?<!func )time\("#
        ),
        (
            "randomness",
            #"\b(?:SystemRandomNumberGenerator|RandomNumberGenerator|UUID|arc4random\w*|getrandom|rand|srand|shuffled?|randomElement)\b|\.random\b"#
        ),
        (
            "floating point",
            #"\b(?:Double|Float|Float16|Float32|Float64|Float80|CGFloat|Decimal)\b|(?<![\w.$])\d[\d_]*\.\d"#
        ),
        (
            "concurrency",
            #"\b(?:Task|TaskGroup|async|await|actor|Thread|DispatchQueue|Mutex|Atomic|NSLock|MainActor|AsyncStream)\b"#
        ),
        ("logging", #"\b(?:Logger|NSLog|os_log)\b|(?<![.\w])(?:print|debugPrint|dump)\("#),
        (
            "locale",
            #"\b(?:Locale|Calendar|TimeZone|NumberFormatter|DateFormatter|ISO8601DateFormatter|String\(format|localized\w*)\b"#
        ),
        (
            "the surroundings",
            #"\b(?:ProcessInfo|FileManager|FileHandle|getenv|CommandLine|URLSession)\b"#
        ),
        ("hash values", #"\b(?:hashValue|Hasher|ObjectIdentifier)\b"#),
    ]

    static func violations(in file: SourceFile) -> [String] {
        banned.flatMap { file.lines(matching: $0.pattern, $0.what) } + hashedOrder(in: file)
    }

    /// Uses of a dictionary or set of this file in its own order; sorting it first is fine,
    /// as is looking one key up.
    private static func hashedOrder(in file: SourceFile) -> [String] {
        let declared =
            file.code.allMatches(of: #"\b(\w+)\s*:\s*(?:inout\s+)?\[\s*[\w.]+\s*:\s"#)
            + file.code.allMatches(of: #"\b(\w+)\s*:\s*(?:inout\s+)?(?:Set|Dictionary)<"#)
            + file.code.allMatches(of: #"\b(?:let|var)\s+(\w+)\s*=\s*(?:Set|Dictionary)[<(]"#)
            + file.code.allMatches(
                of: #"\b(?:let|var)\s+(\w+)\s*=\s*\[\s*[\w.]+\s*:\s*[\w.]+\]\(\)"#)
        let walks =
            "map|flatMap|compactMap|mapValues|filter|forEach|reduce|enumerated|lazy|first|min|max"
            + "|keys|values|prefix|dropFirst|makeIterator|popFirst|randomElement|joined|elementsEqual"
        return Set(declared.compactMap(\.last)).sorted().flatMap { name in
            let own = #"(?<![\w.])(?:self\.)?"# + name
            let loop = #"\bin\s+"# + own + #"\s*(?:\{|where\b)"#
            // A result that is sorted at once has an order of its own.
            let walk = own + #"\.(?:"# + walks + #")\b(?!\.(?:sorted|count|isEmpty|contains))"#
            let copy = #"\bArray\("# + own + #"(?:\.(?:keys|values))?\)(?!\.sorted)"#
            return file.lines(
                matching: "\(loop)|\(walk)|\(copy)", "the order of a hashed collection")
        }
    }
}
