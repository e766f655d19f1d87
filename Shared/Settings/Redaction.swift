/// Hides passwords in what is shown to people.
public enum Redaction {
    public static let mark = "<redacted>"

    /// `postgres://user:secret@host/db` with the password replaced; any other text unchanged.
    public static func withoutPassword(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://") else { return text }
        let authority = text[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
        guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else {
            return text
        }
        return text[...colon] + mark + text[at...]
    }
}
