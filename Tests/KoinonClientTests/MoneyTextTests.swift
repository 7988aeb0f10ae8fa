import KoinonClient
import KoinonProtocol
import Testing

@Suite("Money as text")
struct MoneyTextTests {
    private func scale(_ unit: String) -> Int? {
        ["usd": 2, "point": 0, "wei": 18][unit]
    }

    @Test(
        "amounts are written with all decimals of their unit",
        arguments: [
            (1250, "usd", 2, "12.50 usd"), (5, "usd", 2, "0.05 usd"), (0, "usd", 2, "0.00 usd"),
            (7, "point", 0, "7 point"), (1, "wei", 18, "0.000000000000000001 wei"),
            (UInt64(Int64.max), "usd", 2, "92233720368547758.07 usd"),
        ] as [(UInt64, String, Int, String)])
    func writes(row: (minor: UInt64, unit: String, places: Int, text: String)) throws {
        let amount = Amount(minor: row.minor)
        #expect(MoneyText.format(amount, unit: row.unit, scale: row.places) == row.text)
        let read = try MoneyText.parse(row.text, scale: scale)
        #expect(read.amount == amount && read.unit == row.unit)
    }

    @Test(
        "fewer decimals are fine",
        arguments: [
            ("12 usd", 1200), ("12.5 usd", 1250), ("012.50 usd", 1250),
            ("1 wei", 1_000_000_000_000_000_000),
        ] as [(String, UInt64)])
    func fewerDecimals(text: String, minor: UInt64) throws {
        #expect(try MoneyText.parse(text, scale: scale).amount.minor == minor)
    }

    @Test(
        "anything else is no amount",
        arguments: [
            "", "usd", "12.50", "12.50usd", "12.50  usd", " 12.50 usd", "12.50 usd ", "12,50 usd",
            "1.250,00 usd", "-1 usd", "+1 usd", ".5 usd", "5. usd", "1e3 usd", "0x5 usd", "١ usd",
            "1.2.3 usd", "12.50 USD", ". usd",
        ])
    func form(text: String) {
        let fault = #expect(throws: MoneyTextFault.self) {
            try MoneyText.parse(text, scale: scale)
        }
        if case .form = fault { return }
        Issue.record("\(fault.debugDescription)")
    }

    @Test("unknown units, too many decimals and too large amounts are told apart")
    func faults() {
        #expect(throws: MoneyTextFault.unknownUnit("eur")) {
            try MoneyText.parse("1 eur", scale: scale)
        }
        #expect(throws: MoneyTextFault.decimals(text: "1.005", unit: "usd", scale: 2)) {
            try MoneyText.parse("1.005 usd", scale: scale)
        }
        #expect(throws: MoneyTextFault.decimals(text: "1.0", unit: "point", scale: 0)) {
            try MoneyText.parse("1.0 point", scale: scale)
        }
        for text in ["92233720368547758.08", "184467440737095516.16", "99999999999999999999999"] {
            #expect(throws: MoneyTextFault.tooMuch(text: text)) {
                try MoneyText.parse("\(text) usd", scale: scale)
            }
        }
    }
}
