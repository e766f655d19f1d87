/// Builds a checkpoint: numbers little endian, texts after their length.
struct AlertStateWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ number: Double) { append(number.bitPattern) }

    /// At most 64 KiB of it; what is cut off was for people.
    mutating func append(_ text: String) {
        var kept = Substring(text)
        while kept.utf8.count > Int(UInt16.max) { kept.removeLast() }
        append(UInt16(kept.utf8.count))
        bytes.append(contentsOf: kept.utf8)
    }

    mutating func append<Value>(_ value: Value?, _ write: (inout Self, Value) -> Void) {
        append(UInt8(value == nil ? 0 : 1))
        if let value { write(&self, value) }
    }

    mutating func append<Element>(_ list: some Collection<Element>, _ write: (inout Self, Element) -> Void) {
        append(UInt32(list.count))
        for element in list { write(&self, element) }
    }
}

/// Reads what ``AlertStateWriter`` wrote. Throws as soon as that cannot be what it reads.
struct AlertStateReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func integer<Number: FixedWidthInteger>(
        _ type: Number.Type = Number.self
    ) throws(UnreadableAlerts) -> Number {
        let size = MemoryLayout<Number>.size
        return try bytes(size).reversed().reduce(0) { ($0 << 8) | Number(truncatingIfNeeded: $1) }
    }

    mutating func double() throws(UnreadableAlerts) -> Double { Double(bitPattern: try integer()) }

    mutating func flag() throws(UnreadableAlerts) -> Bool {
        switch try integer(UInt8.self) {
        case 0: false
        case 1: true
        case let other: throw UnreadableAlerts("\(other) is neither yes nor no")
        }
    }

    mutating func text() throws(UnreadableAlerts) -> String {
        let count = Int(try integer(UInt16.self))
        guard let text = String(validating: try bytes(count), as: UTF8.self) else {
            throw UnreadableAlerts("a text is not UTF-8")
        }
        return text
    }

    mutating func one<Value: RawRepresentable<UInt8>>(of type: Value.Type) throws(UnreadableAlerts) -> Value {
        let number = try integer(UInt8.self)
        guard let value = Value(rawValue: number) else { throw UnreadableAlerts("\(number) is no \(type)") }
        return value
    }

    mutating func optional<Value>(
        _ read: (inout Self) throws(UnreadableAlerts) -> Value
    ) throws(UnreadableAlerts) -> Value? {
        try flag() ? try read(&self) : nil
    }

    mutating func list<Element>(
        _ read: (inout Self) throws(UnreadableAlerts) -> Element
    ) throws(UnreadableAlerts) -> [Element] {
        let count = try integer(UInt32.self)
        // An element has a byte at least: a count that is damaged must not make it reserve or read for ever.
        guard count <= rest.count else { throw UnreadableAlerts("it ends before its \(count) entries") }
        var list: [Element] = []
        for _ in 0..<count { list.append(try read(&self)) }
        return list
    }

    private mutating func bytes(_ count: Int) throws(UnreadableAlerts) -> ArraySlice<UInt8> {
        guard rest.count >= count else { throw UnreadableAlerts("it ends too early") }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}

/// A checkpoint of alerts that is damaged, or of a version that this program does not know.
public struct UnreadableAlerts: Error, Hashable, Sendable, CustomStringConvertible {
    public var what: String
    public var isRetriable: Bool { false }

    init(_ what: String) {
        self.what = what
    }

    public var description: String { "cannot read a state of alerts: \(what)" }
}
