extension TransferFunction {
    /// The values by which ``filtfilt(_:)`` extends each end: 3 · (order + 1), SciPy's default.
    public var padding: Int { 3 * denominator.count }

    /// The filter applied forwards and then backwards, so that nothing is delayed, as `scipy.signal.filtfilt` with
    /// its defaults: each end is extended by ``padding`` values turned about its outermost value, and each pass
    /// begins in the steady state of its first value.
    ///
    /// - Precondition: There are more than ``padding`` values.
    public func filtfilt(_ values: [Double]) -> [Double] {
        let forwards = pass(extended(values))
        let backwards = pass(forwards.reversed())
        return Array(backwards.reversed()[padding..<(padding + values.count)])
    }

    /// One pass, beginning in the steady state of the first value.
    func pass(_ values: [Double]) -> [Double] {
        var state = steadyState.map { $0 * values[0] }
        return values.map { step($0, &state) }
    }

    func extended(_ values: [Double]) -> [Double] {
        let last = values.count - 1
        precondition(last >= padding, "\(values.count) values are too few to be extended by \(padding)")
        let before = (1...padding).reversed().map { 2 * values[0] - values[$0] }
        let after = (1...padding).map { 2 * values[last] - values[last - $0] }
        return before + values + after
    }
}
