/// The checkpoint's form: a version byte, then six doubles, little endian.
extension RunningZScoreState {
    private static let version: UInt8 = 1

    public var encoded: [UInt8] {
        var writer = StateWriter(version: Self.version)
        for part in [statistics, run] {
            for number in [part.count, part.mean, part.squares] { writer.append(number) }
        }
        return writer.bytes
    }

    public init?(decoding bytes: [UInt8]) {
        var reader = StateReader(bytes, version: Self.version)
        statistics = RunningStatistics(count: reader.count(), mean: reader.double(), squares: reader.size())
        run = RunningStatistics(count: reader.count(), mean: reader.double(), squares: reader.size())
        guard reader.isWhole else { return nil }
    }
}
