/// An unsigned decimal number as people write it in a configuration: `12`, `1_000`, `1.5`.
struct DecimalNumber {
    var whole: Int
    /// Between 0 and 1.
    var fraction: Double

    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let whole = Self.digits(first) else { return nil }
        self.whole = whole
        fraction = 0
        if parts.count == 2 {
            guard Self.digits(parts[1]) != nil, let fraction = Double("0." + parts[1]) else { return nil }
            self.fraction = fraction
        }
    }

    /// The number times `unit`, rounded to the nearest integer; nil when that does not fit.
    func scaled(by unit: Int) -> Int? {
        let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        let (sum, sumOverflow) = product.addingReportingOverflow(Int((fraction * Double(unit)).rounded()))
        return sumOverflow ? nil : sum
    }

    /// `Int.init` alone would accept a sign.
    private static func digits(_ text: some StringProtocol) -> Int? {
        let plain = String(text.filter { $0 != "_" })
        guard !plain.isEmpty, plain.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        return Int(plain)
    }
}
