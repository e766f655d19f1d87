/// The checkpoint's form: a version byte, then six doubles, little endian.
extension SeriesState {
    private static let version: UInt8 = 1
    private static let size = 1 + 6 * 8

    var encoded: [UInt8] {
        var bytes: [UInt8] = [Self.version]
        bytes.reserveCapacity(Self.size)
        for part in [statistics, run] {
            for number in [part.count, part.mean, part.squares] {
                withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
            }
        }
        return bytes
    }

    /// Nil for anything but what ``encoded`` gives, impossible numbers included.
    init?(decoding bytes: [UInt8]) {
        guard bytes.count == Self.size, bytes[0] == Self.version else { return nil }
        let numbers = (0..<6).map { index in
            Double(bitPattern: bytes[(1 + index * 8)..<(9 + index * 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) })
        }
        statistics = RunningStatistics(count: numbers[0], mean: numbers[1], squares: numbers[2])
        run = RunningStatistics(count: numbers[3], mean: numbers[4], squares: numbers[5])
        guard statistics.isPossible, run.isPossible else { return nil }
    }
}

extension RunningStatistics {
    fileprivate var isPossible: Bool {
        count >= 0 && count < 0x1p53 && mean.isFinite && squares.isFinite && squares >= 0
    }
}
