internal import Glibc

extension Double {
    /// Four significant digits, for sentences that people read.
    var shortened: String {
        guard isFinite, self != 0 else { return description }
        let scale = pow(10, 3 - floor(log10(abs(self))))
        guard scale.isFinite, scale > 0 else { return description }
        let text = ((self * scale).rounded() / scale).description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
