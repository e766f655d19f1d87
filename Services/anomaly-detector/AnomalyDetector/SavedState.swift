internal import Model

/// What `stats:{device}:{sensor}` holds in its field `state`: all that a detector service knows of one series.
///
/// Form, numbers little endian: version (1 byte); readings (8); number of producers (1) and for each its name (length
/// 2, bytes) and sequence (8); number of detectors (1) and for each its name (length 2, bytes) and state (length 4,
/// bytes). Version 2 goes on with the number of anomalies (1) and for each its producer, sequence (8), position (4), detector,
/// score, threshold, expected low and high (8 each), and why; without any, it is version 1.
struct SavedState: Equatable, Sendable {
    struct Applied: Equatable, Sendable {
        var producer: String
        var sequence: UInt64
    }

    struct DetectorState: Equatable, Sendable {
        var detector: String
        var state: [UInt8]
    }

    /// What was found in a reading that may come again.
    struct Found: Equatable, Sendable {
        var producer: String
        var sequence: UInt64
        var position: UInt32
        /// Its row means nothing.
        var anomaly: Anomaly
    }

    /// Readings that were learnt since the series was first seen. Only grows: of two states the greater knows more.
    var readings: UInt64
    var applied: [Applied]
    var detectors: [DetectorState]
    var found: [Found] = []

    private static let version: UInt8 = 1
    private static let versionWithFound: UInt8 = 2

    var encoded: [UInt8] {
        var bytes: [UInt8] = [found.isEmpty ? Self.version : Self.versionWithFound]
        bytes.append(littleEndian: readings)
        bytes.append(UInt8(clamping: applied.count))
        for mark in applied.prefix(255) {
            bytes.append(lengthAndText: mark.producer)
            bytes.append(littleEndian: mark.sequence)
        }
        bytes.append(UInt8(clamping: detectors.count))
        for detector in detectors.prefix(255) {
            bytes.append(lengthAndText: detector.detector)
            bytes.append(littleEndian: UInt32(detector.state.count))
            bytes.append(contentsOf: detector.state)
        }
        if !found.isEmpty { bytes.append(found) }
        return bytes
    }

    init(readings: UInt64, applied: [Applied], detectors: [DetectorState], found: [Found] = []) {
        self.readings = readings
        self.applied = applied
        self.detectors = detectors
        self.found = found
    }

    /// Nil for anything but what ``encoded`` gives.
    init?(decoding bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let version = reader.number(UInt8.self), version == Self.version || version == Self.versionWithFound,
            let readings = reader.number(UInt64.self), let applied = reader.list(of: { Self.applied(&$0) }),
            let detectors = reader.list(of: { Self.detectorState(&$0) }),
            let found = version == Self.version ? [] : reader.list(of: { Self.found(&$0) }), reader.isAtEnd
        else { return nil }
        self.init(readings: readings, applied: applied, detectors: detectors, found: found)
    }

    private static func applied(_ reader: inout ByteReader) -> Applied? {
        guard let producer = reader.text(), let sequence = reader.number(UInt64.self) else { return nil }
        return Applied(producer: producer, sequence: sequence)
    }

    private static func detectorState(_ reader: inout ByteReader) -> DetectorState? {
        guard let detector = reader.text(), let count = reader.number(UInt32.self),
            let state = reader.bytes(Int(count))
        else { return nil }
        return DetectorState(detector: detector, state: state)
    }

    private static func found(_ reader: inout ByteReader) -> Found? {
        guard let producer = reader.text(), let sequence = reader.number(UInt64.self),
            let position = reader.number(UInt32.self), let detector = reader.text(), let score = reader.double(),
            let threshold = reader.double(), let low = reader.double(), let high = reader.double(),
            let why = reader.text()
        else { return nil }
        let anomaly = Anomaly(
            row: 0, detector: detector, score: score, threshold: threshold, expectedLow: low, expectedHigh: high,
            why: why)
        return Found(producer: producer, sequence: sequence, position: position, anomaly: anomaly)
    }
}

/// Reads what an array holds from front to back; nil as soon as it holds too little.
private struct ByteReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func bytes(_ count: Int) -> [UInt8]? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func number<Number: FixedWidthInteger & UnsignedInteger>(_ type: Number.Type) -> Number? {
        bytes(MemoryLayout<Number>.size)?.reversed().reduce(0) { $0 << 8 | Number($1) }
    }

    mutating func double() -> Double? {
        number(UInt64.self).map(Double.init(bitPattern:))
    }

    mutating func text() -> String? {
        guard let count = number(UInt16.self), let bytes = bytes(Int(count)) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    mutating func list<Element>(of element: (inout ByteReader) -> Element?) -> [Element]? {
        guard let count = number(UInt8.self) else { return nil }
        var elements: [Element] = []
        for _ in 0..<count {
            guard let next = element(&self) else { return nil }
            elements.append(next)
        }
        return elements
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ found: [SavedState.Found]) {
        append(UInt8(clamping: found.count))
        for entry in found.prefix(255) {
            append(lengthAndText: entry.producer)
            append(littleEndian: entry.sequence)
            append(littleEndian: entry.position)
            append(lengthAndText: entry.anomaly.detector)
            let anomaly = entry.anomaly
            for number in [anomaly.score, anomaly.threshold, anomaly.expectedLow, anomaly.expectedHigh] {
                append(littleEndian: number.bitPattern)
            }
            append(lengthAndText: entry.anomaly.why)
        }
    }

    fileprivate mutating func append(littleEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func append(lengthAndText text: String) {
        append(littleEndian: UInt16(clamping: text.utf8.count))
        append(contentsOf: text.utf8.prefix(Int(UInt16.max)))
    }
}
