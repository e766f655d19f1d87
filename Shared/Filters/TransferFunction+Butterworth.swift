internal import Glibc

extension TransferFunction {
    /// A Butterworth low-pass, as `scipy.signal.butter(order, cutoff)` gives it.
    ///
    /// The poles of the analogue filter lie evenly on a half circle; the bilinear transform z = (4 + s) / (4 − s)
    /// takes them into the unit circle, and the cutoff is bent beforehand so that it lands where it was asked for.
    /// All zeros lie at −1. Source: A. V. Oppenheim and R. W. Schafer, "Discrete-Time Signal Processing", section
    /// 7.3.
    ///
    /// A high order with a low cutoff asks more of these coefficients than a double holds: then ``gainAtZero`` is not
    /// 1.
    ///
    /// - Parameters:
    ///   - order: 1…8.
    ///   - cutoff: Where half the power passes, as a fraction of half the sampling rate: between 0 and 1.
    public static func butterworthLowPass(order: Int, cutoff: Double) -> TransferFunction {
        precondition((1...8).contains(order) && cutoff > 0 && cutoff < 1)
        let radius = 4 * tan(.pi * cutoff / 2)
        var numerator = [1.0]
        var denominator = [1.0]
        var gain = 1.0
        // Poles come in conjugate pairs, each a factor with real coefficients; an odd order has a real one besides.
        for pair in 0..<(order / 2) {
            let section = Section(pole: radius, angle: .pi * Double(2 * pair + 1) / Double(2 * order))
            gain *= section.gain
            denominator = denominator.convolved(with: section.denominator)
            numerator = numerator.convolved(with: [1, 2, 1])
        }
        if order % 2 == 1 {
            gain *= radius / (4 + radius)
            denominator = denominator.convolved(with: [1, (radius - 4) / (4 + radius)])
            numerator = numerator.convolved(with: [1, 1])
        }
        return TransferFunction(numerator: numerator.map { $0 * gain }, denominator: denominator)
    }
}

/// Two conjugate poles, after the bilinear transform.
private struct Section {
    let gain: Double
    let denominator: [Double]

    /// - Parameters:
    ///   - radius: Of the half circle on which the analogue poles lie.
    ///   - angle: Of the pole above the imaginary axis, from that axis.
    init(pole radius: Double, angle: Double) {
        // (4 − s)(4 − s*) for s = radius · (−sin angle + i cos angle).
        let scale = 16 + 8 * radius * sin(angle) + radius * radius
        gain = radius * radius / scale
        denominator = [
            1, 2 * (radius * radius - 16) / scale, (16 - 8 * radius * sin(angle) + radius * radius) / scale,
        ]
    }
}

extension [Double] {
    /// The coefficients of the product of two polynomials.
    fileprivate func convolved(with other: [Double]) -> [Double] {
        var product = [Double](repeating: 0, count: count + other.count - 1)
        for (place, factor) in enumerated() {
            for (shift, otherFactor) in other.enumerated() { product[place + shift] += factor * otherFactor }
        }
        return product
    }
}
