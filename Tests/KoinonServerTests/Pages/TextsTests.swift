import Foundation
import KoinonMachine
import Testing

@testable import KoinonServer

@Suite struct TextsTests {
    private static func keys(_ language: String) throws -> [String: String] {
        var found: [String: String] = [:]
        func walk(_ tree: Texts.Tree, _ path: String) {
            switch tree {
            case .text(let text): found[path] = text
            case .branch(let branch):
                for (name, child) in branch { walk(child, path.isEmpty ? name : "\(path).\(name)") }
            case .list(let list):
                for (index, child) in list.enumerated() { walk(child, "\(path)[\(index)]") }
            }
        }
        walk(try Texts(language: language).tree, "")
        return found
    }

    private static func holes(_ text: String) -> Set<String> {
        Set(text.matches(of: /\{(\w+)\}/).map { String($0.1) })
    }

    /// Everything that may look a text up.
    private static let users: String = {
        let pages = WebFiles.paths.filter { $0.hasSuffix(".mustache") || $0.hasSuffix(".js") }
            .compactMap { WebFiles.text(at: $0) }
        let root = URL(filePath: #filePath).appending(path: "../../../../Sources/KoinonServer")
            .standardizedFileURL
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        let sources = (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }
            .compactMap { try? String(contentsOf: $0, encoding: .utf8) }
        return (pages + sources).joined(separator: "\n")
    }()

    @Test func `Every language has the same texts with the same holes`() throws {
        let english = try Self.keys("en")
        #expect(english.count > 400)
        for language in Texts.languages {
            let texts = try Self.keys(language)
            #expect(Set(texts.keys).symmetricDifference(english.keys) == [])
            for (key, text) in texts {
                #expect(!text.isEmpty, "\(key)")
                #expect(Self.holes(text) == Self.holes(english[key] ?? ""), "\(key)")
            }
        }
    }

    @Test func `Every text that is asked for is there`() throws {
        let texts = try Self.keys("en")
        let asked =
            Self.users.matches(of: /\{\{[#^]?t\.([a-z_0-9.]+)\}\}/).map { String($0.1) }
            + Self.users.matches(of: /\btexts?\("([a-z_]+\.[a-z_0-9.]+)"/).map { String($0.1) }
            + Self.users.matches(of: /"(refused\.[a-z_0-9]+)"/).map { String($0.1) }
        #expect(asked.count > 300)
        for key in Set(asked) {
            #expect(
                [key, "\(key).other", "\(key)[0].title"].contains { texts[$0] != nil }, "\(key)")
        }
    }

    /// Keys that are put together, "resource.reason_sold" for instance, count by their beginning.
    @Test func `No text is there for nothing`() throws {
        let composed = [
            "help.sections", "number.plural.", "verb.", "role.", "step.", "sign.", "month.",
            "weekday.", "movement.",
            "outcome.",
            "cannot.", "tampered.", "found.", "resource.reason_", "offer.day_", "find.sort_",
            "review.phase_", "dispute.status_", "alliance.status_", "alliance.change_",
            "proof.holds_", "proof.about_", "book.minutes", "book.hours", "book.days",
            "book.price_why",
            "reason.", "parameter.", "dispute.next_", "request.state_", "agreement.pays",
            "agreement.collects",
            "agreement.remainder", "agreement.fee",
        ]
        let texts = try Self.keys("en")
        let asked = Set(texts.keys.map { Self.form(of: $0, in: texts)?.text ?? $0 })
        for key in asked where !composed.contains(where: { key.hasPrefix($0) }) {
            #expect(
                Self.users.contains("\"\(key)\"") || Self.users.contains("t.\(key)}}"), "\(key)")
        }
    }

    /// Of "map.alt.one" the text and the form; nil for a text that has no forms.
    private static func form(
        of key: String, in texts: [String: String]
    ) -> (text: String, form: String)? {
        guard let dot = key.lastIndex(of: "."), texts["\(key[..<dot]).one"] != nil,
            texts["\(key[..<dot]).other"] != nil
        else { return nil }
        return (String(key[..<dot]), String(key[key.index(after: dot)...]))
    }

    @Test func `Who has no reviews yet is called new, not bad`() throws {
        let texts = try Texts(language: "en")
        let newcomer = UInt32(StandingFormula.newcomerStanding)
        #expect(texts.standing(newcomer) == "\(texts.percent(newcomer)), new")
        #expect(texts.standing(newcomer + 1) == texts.percent(newcomer + 1))
    }

    @Test func `A number before a word has a form of the text for each kind of count`() throws {
        for language in Texts.languages {
            let texts = try Self.keys(language)
            let forms =
                texts.keys.filter { $0.hasPrefix("number.plural.") }
                .map { String($0.dropFirst("number.plural.".count)) } + ["other"]
            for (key, text) in texts {
                if let found = Self.form(of: key, in: texts) {
                    #expect(forms.contains(found.form), "\(key)")
                    for form in forms {
                        #expect(texts["\(found.text).\(form)"] != nil, "\(key)")
                    }
                } else if !["find.results", "found.hits"].contains(key) {
                    #expect(!text.contains(/\{count\} \p{Letter}/), "\(key): \(text)")
                }
            }
        }
    }

    @Test(arguments: [
        ("en", "1", "1 place"), ("en", "0", "0 places"), ("en", "21", "21 places"),
        ("de", "1", "1 Ort"), ("de", "2", "2 Orte"), ("de", "11", "11 Orte"),
    ])
    func `The count chooses the form`(language: String, count: String, words: String) throws {
        #expect(try Texts(language: language)("map.alt", ["count": count]) == words)
    }

    @Test func `Whatever an id can name has a word`() throws {
        let texts = try Self.keys("en")
        let named = [
            "account", "resource", "offer", "agreement", "proposal", "request", "flag", "answer",
            "transaction", "block", "member", "unit", "kind", "process", "state",
        ]
        for what in named { #expect(texts["found.\(what)"] != nil, "\(what)") }
    }

    @Test func `Other languages have words for every event, and for none besides`() throws {
        let messages = try #require(WebFiles.text(at: "js/messages.js"))
        let events = Set(
            messages.matches(of: /"([a-z_]+)", "[A-Za-z]+", "event"/).map { String($0.1) })
        #expect(events.count > 50)
        for language in Texts.languages.dropFirst() {
            let words = try LedgerWords(language: language).events
            #expect(Set(words.keys).symmetricDifference(events) == [])
            #expect(words.values.allSatisfy { !$0.isEmpty })
        }
        #expect(try Texts(language: "en").event("offer_published") == "offer published")
        #expect(try Texts(language: "de").event("offer_published") == "Angebot veröffentlicht")
    }

    /// What the ledger says in English stands in the rules of agreements and in the machine.
    @Test func `Other languages have every title of the standard rules, and none besides`() throws {
        let english = Set(
            StandardProcesses.all.flatMap { process in
                [process.title] + process.terms.map(\.title) + process.states.map(\.title)
            })
        for language in Texts.languages.dropFirst() {
            let words = try LedgerWords(language: language)
            #expect(Set(words.titles.keys).symmetricDifference(english) == [])
            #expect(words.titles.values.allSatisfy { !$0.isEmpty })
        }
    }

    @Test func `Other languages have a remedy for every rejection, with the same numbers`() throws {
        for language in Texts.languages.dropFirst() {
            let words = try LedgerWords(language: language).rejections
            let known = Modules.rejectionMeanings
            #expect(
                Set(words.keys).symmetricDifference(known.keys.map { String($0) }) == [])
            for (code, meaning) in known {
                let own = words[String(code)] ?? ""
                #expect(Self.numbers(own) == Self.numbers(meaning.remedy), "\(code): \(own)")
            }
        }
    }

    @Test func `Other languages have words for all that the interface may answer`() throws {
        let codes = Set(
            Self.users.matches(of: /code: "([a-zA-Z]+)"/).map { String($0.1) })
        #expect(codes.count > 20)
        for language in Texts.languages.dropFirst() {
            let words = try LedgerWords(language: language)
            #expect(codes.subtracting(words.problems.keys) == [])
            #expect(
                Set(words.ignored.keys)
                    .symmetricDifference(IgnoredReason.allCases.map(\.rawValue)) == [])
        }
    }

    /// Limits that a text names; small ones may be written as words.
    private static func numbers(_ text: String) -> Set<String> {
        Set(text.matches(of: /\d[\d,^]*\d/).map { String($0.0) })
    }

    @Test func `Reasons of the standard rules have words`() throws {
        let texts = try Texts(language: "en")
        let reasons = Set(
            StandardProcesses.all.flatMap(\.transitions).flatMap(\.guards).map(\.otherwise))
        #expect(reasons.count > 10)
        for reason in reasons where !reason.isEmpty {
            #expect(texts.find("reason.\(reason)") != nil, "\(reason)")
        }
    }

    @Test func `Every parameter of the alliance has a name for people, and no other has`() throws {
        let names = Set(ParameterDefinition.all.map(\.name))
        for language in Texts.languages {
            let titled = try Self.keys(language).keys.filter { $0.hasPrefix("parameter.") }
            #expect(Set(titled.map { String($0.dropFirst("parameter.".count)) }) == names)
        }
    }

    @Test func `Durations, steps and shares are written plainly`() throws {
        let texts = try Texts(language: "en")
        #expect(Texts.duration(93_784_000) == "1 d 2 h 3 min")
        #expect(Texts.duration(7) == "7 ms")
        #expect(texts.step(1_800_000) == "half hour")
        #expect(texts.step(60_000) == "minute")
        #expect(texts.step(5_400_000) == "90 minutes")
        #expect(texts.per(0) == "for the whole")
        #expect(texts.step(1_000) == "second")
        #expect(texts.percent(25_129) == "2.5 %")
        #expect(texts.percent(1_000_000) == "100.0 %")
        #expect(Texts.share(5, of: 100) == "5 %")
        #expect(Texts.share(1, of: 3) == "1/3")
        #expect(Texts.share(0, of: 0) == "0/0")
        #expect(Texts.number(1_234) == "1234")
        #expect(Texts.number(10_000_000) == "10\u{202f}000\u{202f}000")
        #expect(texts.reviews(1_059_999) == "1.05")
        #expect(Texts.score(-3) == "−3")
        let german = try Texts(language: "de")
        #expect(german.percent(25_129) == "2,5 %")
        #expect(german.reviews(1_059_999) == "1,05")
        #expect(german.moneyText(MoneyView(minor: 1_250, unit: "usd", scale: 2)) == "12,50 USD")
        #expect(german.step(5_400_000) == "90 Minuten")
    }
}
