internal import Model

/// What a topic says. Kept for every topic seen, so that a message costs one look-up and no text.
struct Topic {
    enum Meaning {
        /// `sensors/{device}/{sensor}`
        case readings(device: String, sensor: String)
        /// `devices/{device}/status`
        case presence(device: String)
    }

    var bytes: [UInt8]
    var meaning: Meaning
    var partition: Partition

    init(_ bytes: UnsafeRawBufferPointer, partitions: PartitionCount) throws(PayloadFault) {
        let levels = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard levels.count == 3 else { throw Self.invalid("has \(levels.count) levels; expected 3") }
        if levels[0].elementsEqual("sensors".utf8) {
            let device = try Self.name(levels[1], "device")
            meaning = .readings(device: device, sensor: try Self.name(levels[2], "sensor"))
            partition = Partition(device: device, of: partitions)
        } else if levels[0].elementsEqual("devices".utf8), levels[2].elementsEqual("status".utf8) {
            let device = try Self.name(levels[1], "device")
            meaning = .presence(device: device)
            partition = Partition(device: device, of: partitions)
        } else {
            throw Self.invalid("is neither sensors/{device}/{sensor} nor devices/{device}/status")
        }
        self.bytes = Array(bytes)
    }

    /// A topic of presence has the device's own series, which nobody asks for.
    func series(unit: String) -> Series {
        switch meaning {
        case .readings(let device, let sensor):
            Series(device: device, sensor: sensor, unit: unit, partition: partition)
        case .presence(let device):
            Series(device: device, sensor: "", unit: unit, partition: partition)
        }
    }

    /// A topic as a dead letter can hold it: what is not UTF-8 is repaired, NUL becomes its visible sign.
    static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        guard bytes.contains(0) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{2400}" : $0 }))
    }

    private static func name(_ level: UnsafeRawBufferPointer.SubSequence, _ what: String) throws(PayloadFault) -> String
    {
        guard !level.isEmpty else { throw invalid("has an empty \(what) level") }
        guard level.count <= PayloadRules.nameLimit else {
            throw invalid("has a \(what) level of \(level.count) bytes; the limit is \(PayloadRules.nameLimit)")
        }
        guard let name = String(validating: level, as: UTF8.self) else { throw invalid("is not UTF-8") }
        if level.contains(0) { throw .nul(in: "the topic") }
        return name
    }

    private static func invalid(_ what: String) -> PayloadFault {
        PayloadFault(reason: .invalidTopic, detail: "the topic \(what)")
    }
}
