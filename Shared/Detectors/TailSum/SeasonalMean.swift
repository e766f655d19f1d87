internal import Model

/// What a series usually is at one time of a day or of a week, in bins of equal width.
///
/// Bins are kept as 32-bit differences from the first reading of the series: a quarter of the memory, and as exact for a
/// meter that stands at a million as for one that stands at zero.
struct SeasonalMean<let bins: Int> {
    private(set) var means = InlineArray<bins, Float>(repeating: 0)
    /// Readings in each bin, as far as they matter.
    private(set) var counts = InlineArray<bins, UInt8>(repeating: 0)

    @inline(__always)
    static func bin(of second: Int64, period: Int64) -> Int {
        Int(second.flooredRemainder(period) * Int64(bins) / period)
    }

    /// The difference from what is usual in this bin, which it then learns; nil for the first reading in it.
    ///
    /// - Parameter rate: how much of a difference a bin that has seen enough takes over.
    @inline(__always)
    mutating func residual(of offset: Double, bin: Int, rate: Double) -> Double? {
        let count = counts[bin]
        guard count > 0 else {
            means[bin] = Float(offset)
            counts[bin] = 1
            return nil
        }
        let mean = Double(means[bin])
        let error = offset - mean
        let seen = count == .max ? count : count + 1
        counts[bin] = seen
        means[bin] = Float(mean + max(rate, 1 / Double(seen)) * error)
        return error
    }

    /// Bins that hold something: their number, then each with its index.
    func encode(into writer: inout StateWriter) {
        var used: UInt16 = 0
        for bin in 0..<bins where counts[bin] > 0 { used += 1 }
        writer.append(used)
        for bin in 0..<bins where counts[bin] > 0 {
            writer.append(UInt8(bin))
            writer.append(counts[bin])
            writer.append(means[bin])
        }
    }

    /// - Returns: false when a bin is not one of ours.
    mutating func decode(from reader: inout StateReader) -> Bool {
        let used = Int(reader.integer(UInt16.self))
        guard used <= bins else { return false }
        for _ in 0..<used {
            let bin = Int(reader.integer(UInt8.self))
            guard bin < bins else { return false }
            counts[bin] = reader.integer()
            means[bin] = reader.float()
        }
        return true
    }
}
