/// Hides passwords in what is shown to people.
public enum Redaction {
    public static let mark = "<redacted>"

    /// `postgres://user:secret@host/db?password=secret` with the passwords replaced; text that is no URL unchanged.
    ///
    /// A password may hold any character, even those that a URL forbids: rather too much is hidden than too little.
    public static func withoutPassword(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://") else { return text }
        var shown = text
        let rest = text[scheme.upperBound...]
        if let at = rest.lastIndex(of: "@"), let colon = rest[..<at].firstIndex(of: ":") {
            shown = text[...colon] + mark + text[at...]
        }
        return withoutPasswordParameter(withoutPath(shown))
    }

    /// Web servers take tokens in the path, and behind the question mark under any name.
    private static func withoutPath(_ text: String) -> String {
        guard text.hasPrefix("http://") || text.hasPrefix("https://"), let scheme = text.firstRange(of: "://"),
            let end = text[scheme.upperBound...].firstIndex(where: { "/?".contains($0) }),
            text.index(after: end) < text.endIndex
        else { return text }
        return text[...end] + Self.mark
    }

    /// libpq takes `password=` and `sslpassword=` behind the question mark, too.
    private static func withoutPasswordParameter(_ text: String) -> String {
        var shown = ""
        var rest = Substring(text)
        while let name = rest.firstRange(of: "password=") {
            shown += rest[..<name.upperBound] + mark
            rest = rest[name.upperBound...].drop { $0 != "&" }
        }
        return shown + rest
    }
}
