/// Small help for drawings that are written as text.
enum SVG {
    /// Text inside an element or an attribute.
    static func escape(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            // Not allowed in XML at all.
            case _ where character.value < 0x20: result += " "
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    /// At most two decimals.
    static func number(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let sign = hundredths < 0 ? "-" : ""
        let (whole, rest) = abs(hundredths).quotientAndRemainder(dividingBy: 100)
        if rest == 0 { return "\(sign)\(whole)" }
        let decimals = rest % 10 == 0 ? "\(rest / 10)" : rest < 10 ? "0\(rest)" : "\(rest)"
        return "\(sign)\(whole).\(decimals)"
    }

    /// A drawing that says what it shows to who cannot see it.
    ///
    /// - Parameter hasLinks: it is a group of links then, not one picture.
    static func drawing(
        width: Double, height: Double, label: String, class name: String = "",
        hasLinks: Bool = false, _ content: String
    ) -> String {
        """
        <svg class="drawing \(name)" viewBox="0 0 \(number(width)) \(number(height))" \
        role="\(hasLinks ? "group" : "img")" \
        aria-label="\(escape(label))" xmlns="http://www.w3.org/2000/svg">\(content)</svg>
        """
    }

    static func text(
        _ text: String, x: Double, y: Double, class name: String = "", anchor: String = "start"
    ) -> String {
        """
        <text x="\(number(x))" y="\(number(y))" class="\(name)" text-anchor="\(anchor)">\
        \(escape(text))</text>
        """
    }
}
