extension Duration {
    /// For arithmetic and figures that people read.
    public var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }

    /// Rounded towards zero, and as far as 64 bits go: a configured duration may be longer than there are times.
    public var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, isBeyond) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, isFarther) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        return isBeyond || isFarther ? (self < .zero ? .min : .max) : sum
    }
}
