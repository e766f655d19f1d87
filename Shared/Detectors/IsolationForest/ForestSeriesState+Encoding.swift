/// The checkpoint's form, numbers little endian: version 1; whether there is a value learnt last (1 byte) and that
/// value (8); anomalies above what may be (8); readings since the window was full (4); the window that the forest is
/// grown on, and the one that is being filled: each the count (4) and 12 bytes a reading, value, change and minute.
extension ForestSeriesState {
    private static let version: UInt8 = 1
    private static let bytesOfReading = 12

    public var encoded: [UInt8] {
        let size = 30 + (learning.learnt.count + learning.collected.count) * Self.bytesOfReading
        var writer = StateWriter(version: Self.version, capacity: size)
        writer.append(UInt8(previous == nil ? 0 : 1))
        writer.append(previous ?? 0)
        writer.append(learning.excess)
        writer.append(learning.sinceLearnt)
        writer.append(learning.learnt)
        writer.append(learning.collected)
        return writer.bytes
    }

    /// Nil for anything but what ``encoded`` gives, impossible numbers included.
    public init?(decoding bytes: [UInt8]) {
        var reader = StateReader(bytes, version: Self.version)
        let flag = reader.integer(UInt8.self)
        let previous = reader.double()
        let (excess, since) = (reader.size(), reader.integer(UInt32.self))
        // Counts are bounded by the bytes that there are, so that a wrong one costs nothing.
        let most = bytes.count / Self.bytesOfReading
        guard let learnt = reader.readings(atMost: most), let collected = reader.readings(atMost: most),
            reader.isWhole, flag <= 1
        else { return nil }
        self.init(
            previous: flag == 1 ? previous : nil,
            ForestLearning(excess: excess, sinceLearnt: since, learnt: learnt, collected: collected))
    }
}

extension StateWriter {
    fileprivate mutating func append(_ readings: [ForestReading]) {
        append(UInt32(readings.count))
        for reading in readings {
            append(reading.value)
            append(reading.change)
            append(reading.minute)
        }
    }
}

extension StateReader {
    fileprivate mutating func readings(atMost most: Int) -> [ForestReading]? {
        let count = Int(integer(UInt32.self))
        guard count <= most else { return nil }
        return (0..<count).map { _ in
            ForestReading(value: float(), change: float(), minute: integer(Int32.self))
        }
    }
}
