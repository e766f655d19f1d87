import Model
import Observability

/// The pages that are made from a ``HealthBoard``: pure functions, so that tests need no server.
struct HealthAnswers {
    /// Asking again sooner is of no use.
    static let retryAfter = ["Retry-After": "2"]

    /// Kubernetes' form: https://kubernetes.io/docs/reference/using-api/health-checks/
    ///
    /// - Parameter excluded: checks that do not count this time.
    static func readiness(_ checks: [HealthBoard.Check], excluded: Set<String>, verbose: Bool) -> HTTPAnswer {
        let isReady = checks.allSatisfy { $0.status != .fail || excluded.contains($0.name) }
        if isReady, !verbose { return .text("ok\n") }
        var lines = checks.map { line($0, isExcluded: excluded.contains($0.name)) }
        for name in excluded.sorted() where !checks.contains(where: { $0.name == name }) {
            lines.append("warn: there is no check '\(name)' to exclude")
        }
        lines.append("readyz check \(isReady ? "passed" : "failed")")
        var answer = HTTPAnswer.text(lines.joined(separator: "\n") + "\n", status: isReady ? 200 : 503)
        if !isReady { answer.headers = retryAfter }
        return answer
    }

    static func readiness(_ checks: [HealthBoard.Check], only name: String) -> HTTPAnswer {
        guard let check = checks.first(where: { $0.name == name }) else {
            return .text("there is no check '\(name)'\n", status: 404)
        }
        if check.status != .fail { return .text("ok\n") }
        var answer = HTTPAnswer.text(line(check, isExcluded: false) + "\n", status: 503)
        answer.headers = retryAfter
        return answer
    }

    private static func line(_ check: HealthBoard.Check, isExcluded: Bool) -> String {
        let detail = check.detail.replacing("\n", with: " ")
        if isExcluded { return "[+]\(check.name) excluded: ok" }
        switch check.status {
        case .ok: return "[+]\(check.name) ok"
        case .degraded: return "[+]\(check.name) ok: degraded: \(detail)"
        case .fail: return "[-]\(check.name) failed: \(detail)"
        }
    }

    /// - Parameter silence: how long the I/O thread has not turned.
    static func liveness(silence: Duration) -> HTTPAnswer {
        if silence < .seconds(5) { return .text("ok\n") }
        return .text("the I/O thread has not turned for \(silence.components.seconds) s\n", status: 503)
    }

    /// `{"status","phase","checks":[{"name","status","since","detail"}],"version","service","instance","uptime"}`; uptime in seconds.
    ///
    /// - Parameter showsVersion: otherwise `version` is left out.
    static func health(
        _ board: HealthBoard, _ identity: ServiceIdentity, now: Timestamp, showsVersion: Bool = true
    ) -> HTTPAnswer {
        let checks = board.checks
        var json = JSONText()
        json.beginObject()
        append([("status", (checks.map(\.status).max() ?? .ok).rawValue), ("phase", board.phase.rawValue)], to: &json)
        json.key("checks")
        json.raw("[\(checks.map(object).joined(separator: ","))]")
        append(names(identity).filter { showsVersion || $0.0 != "version" }, to: &json)
        json.key("uptime")
        json.number(Double(now.since(identity.started).components.seconds))
        json.endObject()
        return .json(json.text + "\n")
    }

    /// `{"service","instance","version","config_version","last_reload"}`, where the last is `{"time","outcome"}` or null.
    static func version(_ identity: ServiceIdentity, _ settings: SettingsPage) -> HTTPAnswer {
        var json = JSONText()
        json.beginObject()
        append(names(identity) + [("config_version", settings.version)], to: &json)
        json.key("last_reload")
        if let reload = settings.lastReload {
            json.beginObject()
            append([("time", reload.time.iso8601), ("outcome", reload.outcome)], to: &json)
            json.endObject()
        } else {
            json.raw("null")
        }
        json.endObject()
        return .json(json.text + "\n")
    }

    private static func names(_ identity: ServiceIdentity) -> [(String, String)] {
        [("service", identity.service), ("instance", identity.instance), ("version", identity.version)]
    }

    private static func object(_ check: HealthBoard.Check) -> String {
        var json = JSONText()
        json.beginObject()
        let status = check.status.rawValue
        append(
            [("name", check.name), ("status", status), ("since", check.since.iso8601), ("detail", check.detail)],
            to: &json)
        json.endObject()
        return json.text
    }

    private static func append(_ fields: [(String, String)], to json: inout JSONText) {
        for (key, text) in fields {
            json.key(key)
            json.string(text)
        }
    }
}
