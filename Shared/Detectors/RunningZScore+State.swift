/// The checkpoint's form: a version byte, then six doubles, little endian.
extension RunningZScoreState {
    private static let version: UInt8 = 1

    public var encoded: [UInt8] {
        var writer = StateWriter(version: Self.version)
        writer.append(statistics)
        writer.append(run)
        return writer.bytes
    }

    public init?(decoding bytes: [UInt8]) {
        var reader = StateReader(bytes, version: Self.version)
        statistics = reader.statistics()
        run = reader.statistics()
        guard reader.isWhole else { return nil }
    }
}
