internal import Settings

/// Lets in whoever has the operators' token: RFC 6750, `Authorization: Bearer …`.
struct OperatorGate {
    /// Nil: nobody has it.
    let token: Secret?
    /// Whether only this machine can reach the server.
    let isOnLoopback: Bool

    init(_ settings: HTTPSettings) {
        token = settings.operatorToken
        isOnLoopback = Loopback.contains(settings.host)
    }

    /// - Parameters:
    ///   - authorization: the header of that name.
    ///   - host: the header of that name, with its port.
    func caller(authorization: String?, host: String?) -> HTTPCaller {
        let candidate = authorization.flatMap(Self.bearer)
        let hasToken = candidate.flatMap { token?.isEqual(to: $0) } ?? false
        // A page whose own name was made to lead here (DNS rebinding) asks by that name.
        let mayRead = isOnLoopback && host.map { Loopback.contains(Self.name(ofHost: $0)) } ?? true
        return HTTPCaller(hasToken: hasToken, mayReadWithoutToken: mayRead, isThereAToken: token != nil)
    }

    /// What to answer to whoever is not let in; nil for who is.
    func refusal(_ caller: HTTPCaller, to access: HTTPRoute.Access, authorization: String?) -> HTTPAnswer? {
        switch access {
        case .open: return nil
        case .openOnLoopback where caller.mayReadWithoutToken: return nil
        case .openOnLoopback, .requiresToken: break
        }
        guard caller.isThereAToken else {
            let remedy = "give http.operator_token, or http.operator_token_file, in the settings of this service"
            return .error("this is shut, since there is no operators' token: \(remedy)", status: 403)
        }
        guard !caller.hasToken else { return nil }
        guard authorization.flatMap(Self.bearer) != nil else {
            return Self.unauthorized("this needs the operators' token: Authorization: Bearer TOKEN")
        }
        return Self.unauthorized("this is not the operators' token")
    }

    private static func bearer(_ authorization: String) -> Substring? {
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return parts[1]
    }

    /// `127.0.0.1:80`, `[::1]:80`, `localhost`.
    private static func name(ofHost host: String) -> String {
        if host.hasPrefix("[") { return String(host.dropFirst().prefix { $0 != "]" }) }
        return String(host.prefix { $0 != ":" })
    }

    private static func unauthorized(_ sentence: String) -> HTTPAnswer {
        var answer = HTTPAnswer.error(sentence, status: 401)
        answer.headers = ["WWW-Authenticate": "Bearer"]
        return answer
    }
}
