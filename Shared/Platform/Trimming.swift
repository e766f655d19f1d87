extension StringProtocol {
    /// Without white space and ends of lines at both ends.
    public var trimmed: String { trimmed(of: \.isWhitespace) }

    /// Without the characters at both ends that `isGone` names.
    public func trimmed(of isGone: (Character) -> Bool) -> String {
        guard let first = firstIndex(where: { !isGone($0) }), let last = lastIndex(where: { !isGone($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}
