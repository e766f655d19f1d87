import Glibc
import Platform

/// What one quantity is of another that was measured beside it, several times: the geometric mean of the ratios, and how far off it may be.
struct RatioOfPairs: Equatable, CustomStringConvertible {
    let ratio: Double
    /// Half of the 95 % interval of Student's t for the mean of the logarithms, as a share of the ratio; unknown for fewer than two pairs.
    let margin: Double?

    /// - Parameter ratios: above zero; each of one pair.
    init(_ ratios: [Double]) {
        let logarithms = ratios.map { log($0) }
        let count = Double(logarithms.count)
        let mean = logarithms.reduce(0, +) / count
        ratio = exp(mean)
        guard logarithms.count > 1 else {
            margin = nil
            return
        }
        let variance = logarithms.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / (count - 1)
        margin = Self.student(degrees: logarithms.count - 1) * (variance / count).squareRoot()
    }

    /// The 97.5 % point of Student's t: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5; its first few are exact.
    private static func student(degrees: Int) -> Double {
        let exact = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262]
        if degrees <= exact.count { return exact[degrees - 1] }
        let normal = 1.959964
        let n = Double(degrees)
        let first = (pow(normal, 3) + normal) / 4
        let second = (5 * pow(normal, 5) + 16 * pow(normal, 3) + 3 * normal) / 96
        return normal + first / n + second / (n * n)
    }

    var description: String {
        ratio.fixed(3) + (margin.map { " ± \($0.fixed(3))" } ?? "")
    }
}

extension RatioOfPairs: Encodable {
    private enum CodingKeys: String, CodingKey {
        case ratio, margin
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(ratio, forKey: .ratio)
        try container.encodeIfPresent(margin, forKey: .margin)
    }
}
