/// A page in Prometheus' text format, sample by sample. Our own pages carry no time stamps.
struct MetricsPage: Sequence {
    struct Sample: Hashable {
        var name: Substring
        /// As written between the braces.
        var labels: Substring
        var value: Double

        /// - Returns: the value of a label, with its escapes as they stand: names of instances have none.
        func label(_ name: String) -> Substring? {
            var rest = labels
            while let equals = rest.firstIndex(of: "=") {
                let found = rest[..<equals]
                let value = rest[equals...].dropFirst(2)
                guard let end = Self.end(of: value) else { return nil }
                if found == name { return value[..<end] }
                rest = value[end...].dropFirst()
                if rest.first == "," { rest = rest.dropFirst() }
            }
            return nil
        }

        /// The quotation mark that closes it.
        private static func end(of value: Substring) -> Substring.Index? {
            var isEscaped = false
            for index in value.indices {
                if !isEscaped, value[index] == "\"" { return index }
                isEscaped = !isEscaped && value[index] == "\\"
            }
            return nil
        }
    }

    let text: String

    func makeIterator() -> some IteratorProtocol<Sample> {
        text.utf8.split(separator: UInt8(ascii: "\n")).lazy.compactMap { Self.sample(Substring($0)) }.makeIterator()
    }

    private static func sample(_ line: Substring) -> Sample? {
        guard line.utf8.first != UInt8(ascii: "#"), let space = line.utf8.lastIndex(of: UInt8(ascii: " ")),
            let value = Double(line[space...].dropFirst())
        else { return nil }
        let head = line[..<space]
        guard let brace = head.utf8.firstIndex(of: UInt8(ascii: "{")) else {
            return Sample(name: head, labels: "", value: value)
        }
        return Sample(name: head[..<brace], labels: head[brace...].dropFirst().dropLast(), value: value)
    }
}
