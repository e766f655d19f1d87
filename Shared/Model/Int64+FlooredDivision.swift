/// Division by what is above zero that rounds towards minus infinity, so that times before 1970 fall on the right day.
extension Int64 {
    @inlinable
    @inline(__always)
    public func flooredQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// 0..<divisor.
    @inlinable
    @inline(__always)
    public func flooredRemainder(_ divisor: Int64) -> Int64 {
        let remainder = self % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }
}
