extension Event {
    /// What happened, as the JSON form names it, for instance "hold_filled"; without making that
    /// form of the rest. Empty when the event says nothing.
    public var name: String {
        let schemas = JSONFormSchemas.shared
        return encoded.withUnsafeBytes { bytes in
            var event = WireReader(bytes)
            guard case (let module, .bytes(let content))? = event.next(),
                case .message(let type)? =
                    schemas.messages["Event"]?.field(number: module)?.kind
            else { return "" }
            var choice = WireReader(content)
            return choice.next().flatMap { schemas.messages[type]?.field(number: $0.field)?.name }
                ?? ""
        }
    }
}
