import KoinonProtocol
import SwiftProtobuf

extension Action {
    /// The names of module and action as their protobuf fields have them, such as
    /// "money.transfer"; taken from the JSON form, so that no list needs to be kept.
    var name: String {
        let words = jsonForm(pretty: false).split(separator: "\"").map(String.init)
        guard words.count > 1 else { return "" }
        return words.count > 3 ? "\(words[1]).\(words[3])" : words[1]
    }
}
