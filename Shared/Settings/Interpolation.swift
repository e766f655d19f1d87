/// `${VAR}`, `${VAR:-default}`, `${VAR:?message}` in the strings of the file; `$$` is a plain `$`.
struct Interpolation {
    var environment: [String: String]

    struct Failure: Error {
        var message: String
        var suggestion: String?
    }

    func expand(_ text: String) throws(Failure) -> String {
        var result = ""
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...].dropFirst()
            if rest.first == "{" {
                result += try takeReference(&rest)
            } else {
                result += "$"
                if rest.first == "$" { rest.removeFirst() }
            }
        }
        return result + rest
    }

    /// Consumes `{…}`.
    private func takeReference(_ rest: inout Substring) throws(Failure) -> String {
        guard let end = rest.firstIndex(of: "}") else {
            throw Failure(message: "'${' without '}'", suggestion: "write '$$' for a plain dollar sign")
        }
        let body = rest.dropFirst()[..<end]
        rest = rest[end...].dropFirst()
        return try value(of: body)
    }

    /// An empty variable counts as unset for `:-` and `:?`, as in a shell.
    private func value(of body: Substring) throws(Failure) -> String {
        let name = body.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        let operation = body.dropFirst(name.count)
        guard !name.isEmpty else { throw Failure(message: "'${\(body)}' names no variable", suggestion: nil) }
        let value = environment[String(name)]
        switch operation.prefix(2) {
        case "":
            if let value { return value }
            let suggestion = "set it, or write '${\(name):-default}'"
            throw Failure(message: "environment variable \(name) is not set", suggestion: suggestion)
        case ":-":
            if let value, !value.isEmpty { return value }
            return String(operation.dropFirst(2))
        case ":?":
            if let value, !value.isEmpty { return value }
            throw Failure(message: "\(name): \(operation.dropFirst(2))", suggestion: nil)
        default:
            let suggestion = "write ${VAR}, ${VAR:-default} or ${VAR:?message}"
            throw Failure(message: "'${\(body)}' is no reference", suggestion: suggestion)
        }
    }
}
