internal import Settings

/// Lets in whoever has the operators' token: RFC 6750, `Authorization: Bearer …`.
struct OperatorGate {
    /// Nil: nobody is let in.
    let token: Secret?

    /// What to answer to whoever is not let in; nil for who is.
    ///
    /// - Parameter authorization: the header of that name.
    func refusal(_ authorization: String?) -> HTTPAnswer? {
        guard let token else {
            let remedy = "give http.operator_token, or http.operator_token_file, in the settings of this service"
            return .error("this is shut, since there is no operators' token: \(remedy)", status: 403)
        }
        guard let candidate = authorization.flatMap(Self.bearer) else {
            return Self.unauthorized("this needs the operators' token: Authorization: Bearer TOKEN")
        }
        return token.isEqual(to: candidate) ? nil : Self.unauthorized("this is not the operators' token")
    }

    private static func bearer(_ authorization: String) -> Substring? {
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return parts[1]
    }

    private static func unauthorized(_ sentence: String) -> HTTPAnswer {
        var answer = HTTPAnswer.error(sentence, status: 401)
        answer.headers = ["WWW-Authenticate": "Bearer"]
        return answer
    }
}
