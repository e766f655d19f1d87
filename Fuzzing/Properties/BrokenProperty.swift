/// What a fuzzer has found: a sentence for people, and the input is the evidence.
public struct BrokenProperty: Error, CustomStringConvertible, Sendable {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

func require(_ holds: Bool, _ sentence: @autoclosure () -> String) throws(BrokenProperty) {
    guard holds else { throw BrokenProperty(sentence()) }
}
