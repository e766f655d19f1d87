/// Builds a checkpoint: a version byte, then numbers, little endian.
struct StateWriter {
    private(set) var bytes: [UInt8]

    init(version: UInt8, capacity: Int = 64) {
        bytes = []
        bytes.reserveCapacity(capacity)
        bytes.append(version)
    }

    mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ number: Double) { append(number.bitPattern) }

    mutating func append(_ number: Float) { append(number.bitPattern) }

    /// Its length in bytes (2), and they.
    mutating func append(_ text: String) {
        append(UInt16(clamping: text.utf8.count))
        bytes.append(contentsOf: text.utf8.prefix(Int(UInt16.max)))
    }
}

/// Reads what ``StateWriter`` wrote.
///
/// Bytes that end early and numbers that are not finite make it fail for good: whoever reads asks once, at the end, with
/// ``isWhole``, and takes none of it when that is false.
struct StateReader {
    private var rest: ArraySlice<UInt8>
    private var failed: Bool

    init(_ bytes: [UInt8], version: UInt8) {
        failed = bytes.first != version
        rest = bytes.dropFirst()
    }

    /// Whether all bytes were read, and each was right.
    var isWhole: Bool { !failed && rest.isEmpty }

    mutating func integer<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number {
        let size = MemoryLayout<Number>.size
        guard rest.count >= size else {
            failed = true
            return 0
        }
        defer { rest = rest.dropFirst(size) }
        return rest.prefix(size).reversed().reduce(0) { ($0 << 8) | Number(truncatingIfNeeded: $1) }
    }

    mutating func text() -> String {
        let count = Int(integer(UInt16.self))
        guard rest.count >= count, let text = String(validating: rest.prefix(count), as: UTF8.self) else {
            failed = true
            return ""
        }
        rest = rest.dropFirst(count)
        return text
    }

    mutating func double() -> Double {
        let number = Double(bitPattern: integer())
        if !number.isFinite { failed = true }
        return number.isFinite ? number : 0
    }

    mutating func float() -> Float {
        let number = Float(bitPattern: integer())
        if !number.isFinite { failed = true }
        return number.isFinite ? number : 0
    }

    /// A number of things.
    mutating func count() -> Double {
        let number = double()
        if number < 0 || number >= 0x1p53 { failed = true }
        return number
    }

    /// Something that is never below zero.
    mutating func size() -> Double {
        let number = double()
        if number < 0 { failed = true }
        return number
    }
}
