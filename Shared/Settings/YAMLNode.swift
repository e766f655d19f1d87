/// A place in a YAML text, counted from 1.
struct YAMLMark {
    var line: Int
    var column: Int
}

/// What YAML says, before anybody asks what it means. An alias stands as what it names.
struct YAMLNode {
    indirect enum Content {
        /// Plain: without quotes, so that `null` is nothing and `"null"` is a text.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([(key: YAMLNode, value: YAMLNode)])
    }

    var content: Content
    var mark: YAMLMark

    /// The text of a scalar.
    var text: String? {
        if case .scalar(let text, _) = content { text } else { nil }
    }
}

/// A text that is no YAML.
struct YAMLError: Error {
    /// Reads aloud: "while parsing a block mapping: did not find expected key".
    var message: String
    var mark: YAMLMark
}
