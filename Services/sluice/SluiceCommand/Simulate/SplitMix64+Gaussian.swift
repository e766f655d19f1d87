import FoundationEssentials
import Glibc
import Model

extension SplitMix64 {
    /// Standard normal, by Box and Muller's transform.
    mutating func gaussian() -> Double {
        let radius = (-2 * log(Double.random(in: Double.leastNonzeroMagnitude..<1, using: &self))).squareRoot()
        return radius * cos(Double.random(in: 0..<(2 * Double.pi), using: &self))
    }
}
