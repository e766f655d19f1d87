import Glibc

extension Double {
    /// With so many digits behind the point: `2.50`.
    public func fixed(_ digits: Int) -> String { text("%.*f", digits) }

    /// The shortest text of so many significant digits: `2.5`, `1e-07`.
    public func significant(_ digits: Int) -> String { text("%.*g", digits) }

    /// As C writes it in its own locale, which no process of ours changes.
    private func text(_ format: String, _ digits: Int) -> String {
        // The longest double has 309 digits before the point.
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 320 + digits) { buffer in
            _ = withVaList([Int32(digits), self]) { vsnprintf(buffer.baseAddress, buffer.count, format, $0) }
            return String(cString: buffer.baseAddress!)
        }
    }
}
