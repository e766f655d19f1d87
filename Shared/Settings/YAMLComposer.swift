import CYAML

/// Makes a tree of a YAML text; the only file that knows libyaml.
struct YAMLComposer {
    private var document: yaml_document_t
    /// The collections around the node at hand: libyaml lets an alias stand inside of what it names.
    private var around: Set<Int32> = []

    /// The only document in `text`; nil when there is none.
    static func compose(_ text: String) throws(YAMLError) -> YAMLNode? {
        // libyaml keeps the address.
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else {
            throw YAMLError(message: "no memory is left for YAML", mark: YAMLMark(line: 1, column: 1))
        }
        defer { yaml_parser_delete(parser) }
        var text = text
        let root: Result<YAMLNode?, YAMLError> = text.withUTF8 { bytes in
            yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
            yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
            return Result { () throws(YAMLError) in try onlyRoot(parser) }
        }
        return try root.get()
    }

    private static func onlyRoot(_ parser: UnsafeMutablePointer<yaml_parser_t>) throws(YAMLError) -> YAMLNode? {
        let root = try nextRoot(parser)
        if root != nil, let another = try nextRoot(parser) {
            throw YAMLError(message: "expected a single document, found another one", mark: another.mark)
        }
        return root
    }

    private static func nextRoot(_ parser: UnsafeMutablePointer<yaml_parser_t>) throws(YAMLError) -> YAMLNode? {
        var composer = YAMLComposer(document: yaml_document_t())
        guard yaml_parser_load(parser, &composer.document) == 1 else { throw YAMLError(parser.pointee) }
        defer { yaml_document_delete(&composer.document) }
        guard yaml_document_get_root_node(&composer.document) != nil else { return nil }
        return try composer.node(1)
    }

    /// - Parameter number: libyaml counts nodes from 1, the root first.
    private mutating func node(_ number: Int32) throws(YAMLError) -> YAMLNode {
        let node = yaml_document_get_node(&document, number)!.pointee
        let mark = YAMLMark(node.start_mark)
        switch node.type {
        case YAML_SEQUENCE_NODE:
            try enter(number, mark)
            defer { around.remove(number) }
            let items = node.data.sequence.items
            let numbers = UnsafeBufferPointer(start: items.start, count: items.top - items.start)
            return YAMLNode(content: .sequence(try sequence(numbers)), mark: mark)
        case YAML_MAPPING_NODE:
            try enter(number, mark)
            defer { around.remove(number) }
            let pairs = node.data.mapping.pairs
            let numbers = UnsafeBufferPointer(start: pairs.start, count: pairs.top - pairs.start)
            return YAMLNode(content: .mapping(try mapping(numbers)), mark: mark)
        default:
            let scalar = node.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            return YAMLNode(content: .scalar(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE), mark: mark)
        }
    }

    private mutating func enter(_ number: Int32, _ mark: YAMLMark) throws(YAMLError) {
        guard around.insert(number).inserted else {
            throw YAMLError(message: "an alias stands inside of what it names", mark: mark)
        }
    }

    private mutating func sequence(
        _ numbers: UnsafeBufferPointer<yaml_node_item_t>
    ) throws(YAMLError) -> [YAMLNode] {
        var items: [YAMLNode] = []
        for number in numbers { items.append(try node(number)) }
        return items
    }

    private mutating func mapping(
        _ numbers: UnsafeBufferPointer<yaml_node_pair_t>
    ) throws(YAMLError) -> [(key: YAMLNode, value: YAMLNode)] {
        var pairs: [(key: YAMLNode, value: YAMLNode)] = []
        var keys: Set<String> = []
        for pair in numbers {
            let key = try node(pair.key)
            if let text = key.text, !keys.insert(text).inserted {
                throw YAMLError(message: "'\(text)' is written twice", mark: key.mark)
            }
            pairs.append((key, try node(pair.value)))
        }
        return pairs
    }
}

extension YAMLMark {
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }
}

extension YAMLError {
    fileprivate init(_ parser: yaml_parser_t) {
        let words = [parser.context, parser.problem].compactMap { $0.map { String(cString: $0) } }
        self.init(message: words.joined(separator: ": "), mark: YAMLMark(parser.problem_mark))
    }
}
