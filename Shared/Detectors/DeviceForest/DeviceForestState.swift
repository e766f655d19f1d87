internal import Model

/// What one device has taught. Of it a checkpoint keeps the moments, not the forest.
final class DeviceForestState {
    var vector: DeviceVector
    var learning = ForestLearning<DeviceWindow>()
    /// What a batch that came again makes of the vector. A checkpoint leaves it out.
    var repeated = DeviceVector()
    private var repeatedBatch: UInt64?

    /// - Parameter sensors: of a model; none where they are learnt.
    init(sensors: [ExactText] = []) {
        vector = DeviceVector(sensors: sensors)
    }

    init(_ vector: DeviceVector, _ learning: ForestLearning<DeviceWindow>) {
        self.vector = vector
        self.learning = learning
    }

    /// A batch that comes again begins at some place in the past.
    func repeats(in batch: UInt64) {
        guard repeatedBatch != batch else { return }
        repeatedBatch = batch
        repeated = vector.inThePast
    }
}

/// The checkpoint's form, numbers little endian: version 1; the number of sensors (1) and for each its name (length 2, bytes), its
/// value and the one of the moment before (8 each), and when it was measured (8); bits of the sensors with a value, and of
/// those that spoke in each of the last three moments (8 each); when the last one began (8); anomalies above what may be (8); moments
/// since the window was full (4); the window that the forest is grown on, and the one that is being filled: each
/// the number of sensors (1), of moments (4), and for each moment its minute (4) and value and change of each sensor (4 each).
extension DeviceForestState {
    private static let version: UInt8 = 1

    var encoded: [UInt8] {
        let numbers = learning.learnt.pairs.count + learning.collected.pairs.count
        let moments = learning.learnt.count + learning.collected.count
        var writer = StateWriter(version: Self.version, capacity: 128 + 64 * vector.count + 4 * (numbers + moments))
        writer.append(vector)
        writer.append(learning.excess)
        writer.append(learning.sinceLearnt)
        writer.append(learning.learnt)
        writer.append(learning.collected)
        return writer.bytes
    }

    /// Nil for anything but what ``encoded`` gives, impossible numbers included.
    convenience init?(decoding bytes: [UInt8]) {
        var reader = StateReader(bytes, version: Self.version)
        let vector = reader.vector()
        let (excess, since) = (reader.size(), reader.integer(UInt32.self))
        // Counts are bounded by the bytes that there are, so that a wrong one costs nothing.
        guard let learnt = reader.window(atMost: bytes.count), let collected = reader.window(atMost: bytes.count),
            reader.isWhole, let vector, learnt.sensors <= vector.count, collected.sensors <= vector.count
        else { return nil }
        self.init(
            vector, ForestLearning(excess: excess, sinceLearnt: since, learnt: learnt, collected: collected))
    }
}

extension StateWriter {
    fileprivate mutating func append(_ vector: DeviceVector) {
        append(UInt8(vector.count))
        for column in vector.sensors.indices {
            append(vector.sensors[column].text)
            append(vector.latest[column])
            append(vector.before[column])
            append(vector.measuredAt[column])
        }
        append(vector.heard)
        for speakers in vector.speakers { append(speakers) }
        append(vector.start)
    }

    fileprivate mutating func append(_ window: DeviceWindow) {
        append(UInt8(window.sensors))
        append(UInt32(window.count))
        for (row, minute) in window.minutes.enumerated() {
            append(minute)
            for place in 0..<(2 * window.sensors) { append(window.pairs[row * 2 * window.sensors + place]) }
        }
    }
}

extension StateReader {
    fileprivate mutating func vector() -> DeviceVector? {
        let count = Int(integer(UInt8.self))
        guard count <= DeviceVector.mostSensors else { return nil }
        var sensors: [ExactText] = []
        var (latest, before, measuredAt): ([Double], [Double], [Int64]) = ([], [], [])
        for _ in 0..<count {
            sensors.append(ExactText(text()))
            latest.append(double())
            before.append(double())
            measuredAt.append(integer())
        }
        let heard = integer(UInt64.self)
        let speakers = (0..<3).map { _ in integer(UInt64.self) }
        return DeviceVector(
            sensors: sensors, latest: latest, before: before, measuredAt: measuredAt, heard: heard, speakers: speakers,
            start: integer())
    }

    fileprivate mutating func window(atMost bytes: Int) -> DeviceWindow? {
        let sensors = Int(integer(UInt8.self))
        let count = Int(integer(UInt32.self))
        guard count <= bytes / (4 + 8 * sensors), count == 0 || sensors > 0 else { return nil }
        var (pairs, minutes): ([Float], [Int32]) = ([], [])
        for _ in 0..<count {
            minutes.append(integer())
            for _ in 0..<(2 * sensors) { pairs.append(float()) }
        }
        return DeviceWindow(sensors: sensors, pairs: pairs, minutes: minutes)
    }
}
