public import Model

extension AlertHistory {
    /// `{"alert":{…},"transitions":[{…}]}`
    public var json: JSONText {
        var json = JSONText()
        json.beginObject()
        json.key("alert")
        json.raw(alert.json.text)
        json.key("transitions")
        json.raw(transitions.map(\.json).array)
        json.endObject()
        return json
    }
}

extension [JSONText] {
    /// A JSON array, an element a line.
    public var array: String { isEmpty ? "[]" : "[\n\(map(\.text).joined(separator: ",\n"))\n]" }
}
