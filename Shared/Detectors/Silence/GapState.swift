internal import Glibc

/// How long a series, or a device, is usually silent between two readings.
public struct GapState: SeriesState {
    /// What the device itself said last.
    public enum Word: UInt8, Sendable {
        case nothing
        case online
        case offline
    }

    private static let version: UInt8 = 1
    /// A gap that was the longest is half forgotten after 1,000 others.
    private static let decay = exp2(-1.0 / 1_000)
    /// Half of the usual gap is of the last 14.
    private static let weight = 0.05

    /// When mqtt-ingest had the newest reading, in µs since 1970.
    private(set) var last = Int64.min
    /// Of the usual gaps, in µs.
    public private(set) var longest = 0.0
    public private(set) var usual = 0.0
    /// Gaps that were learnt.
    public private(set) var gaps: UInt32 = 0
    public private(set) var word = Word.nothing
    private var saidAt = Int64.min

    public init() {}

    /// Learns the gap before a reading. Readings of one message came at one time and have no gap between them.
    ///
    /// A gap counts as twice the longest usual one at most: a silence is learnt in part, so that a series which now speaks more
    /// seldom alarms some times and not for ever.
    @inline(__always)
    public mutating func hear(at time: Int64, warmUp: UInt32) {
        guard time > last else { return }
        let isFirst = last == .min
        let (gap, overflow) = time.subtractingReportingOverflow(last)
        last = time
        // It speaks, whatever its last will said.
        if word == .offline { word = .nothing }
        guard !isFirst, !overflow else { return }
        let counted = gaps < warmUp ? Double(gap) : min(Double(gap), max(2 * longest, 1_000_000))
        longest = max(longest * Self.decay, counted)
        usual = gaps == 0 ? counted : usual + Self.weight * (counted - usual)
        gaps = min(gaps + 1, 1 << 30)
    }

    /// What a presence message said. The last to come counts: a last will was composed before the connection whose end it tells, so its
    /// own time is older than that of the word before.
    ///
    /// - Returns: whether it is news.
    public mutating func hear(_ word: Word, at time: Int64) -> Bool {
        guard word != self.word else { return false }
        self.word = word
        saidAt = time
        return true
    }

    public var encoded: [UInt8] {
        var writer = StateWriter(version: Self.version)
        writer.append(last)
        for number in [longest, usual] { writer.append(number) }
        writer.append(gaps)
        writer.append(word.rawValue)
        writer.append(saidAt)
        return writer.bytes
    }

    public init?(decoding bytes: [UInt8]) {
        var reader = StateReader(bytes, version: Self.version)
        last = reader.integer()
        (longest, usual) = (reader.double(), reader.double())
        gaps = reader.integer()
        let word = Word(rawValue: reader.integer(UInt8.self))
        saidAt = reader.integer()
        guard reader.isWhole, let word, longest.isFinite, longest >= 0, usual.isFinite, usual >= 0 else { return nil }
        self.word = word
    }
}
