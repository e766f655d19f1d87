#if canImport(Glibc)
    import Glibc
#endif

extension Double {
    /// Four significant digits, for sentences that people read.
    public var shortened: String {
        guard self != 0 else { return "0" }
        guard isFinite else { return description }
        let scale = pow(10, 3 - floor(log10(abs(self))))
        guard scale.isFinite, scale > 0 else { return description }
        let text = ((self * scale).rounded() / scale).description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
