internal import HTTPTypes
internal import Hummingbird

/// Keeps pages of other sites from having a browser change something here.
///
/// There are no cookies that such a request could ride on; this holds even where a proxy adds the token. Sources:
/// https://www.w3.org/TR/fetch-metadata/ and the OWASP cheat sheet on cross-site request forgery.
struct ChangeGuard {
    /// What to answer to a request that may not change anything; nil: it may.
    static func refusal(_ request: Request) -> HTTPAnswer? {
        if let site = request.headers[Self.fetchSite], ["cross-site", "same-site"].contains(site.lowercased()) {
            return .error("a page of another site may change nothing here (Sec-Fetch-Site: \(site))", status: 403)
        }
        if let origin = request.headers[.origin], !isOwn(origin, host: request.head.authority) {
            return .error("a page of another site may change nothing here (Origin: \(origin))", status: 403)
        }
        guard request.method != .post || !hasBody(request) || isJSON(request.headers[.contentType] ?? "") else {
            return .error("what is sent must be JSON, and say so: Content-Type: application/json", status: 415)
        }
        return nil
    }

    private static let fetchSite = HTTPField.Name("Sec-Fetch-Site")!

    private static func hasBody(_ request: Request) -> Bool {
        if request.headers[.transferEncoding] != nil { return true }
        return request.headers[.contentLength].map { $0 != "0" } ?? false
    }

    /// A browser's `Origin` names the server as its `Host` does, but for the scheme.
    private static func isOwn(_ origin: String, host: String?) -> Bool {
        guard let host, let scheme = origin.firstRange(of: "://") else { return false }
        return origin[scheme.upperBound...].lowercased() == host.lowercased()
    }

    private static func isJSON(_ contentType: String) -> Bool {
        let type = contentType.prefix { $0 != ";" }.lowercased()
        return type.split(separator: " ").first == "application/json"
    }
}
