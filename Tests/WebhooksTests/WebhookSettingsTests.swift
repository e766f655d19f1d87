import Alerting
import Foundation
import Settings
import TestServers
import Testing
import Webhooks

struct WebhookSettingsTests {
    private struct Section: SettingsSection {
        static let section = "anomaly_detector"
        let webhooks: [WebhookSettings]

        init(from reader: SettingsReader) {
            webhooks = WebhookSettings.list("webhooks", from: reader)
        }
    }

    private func webhooks(_ entries: String) throws -> [WebhookSettings] {
        let yaml = "anomaly_detector:\n  webhooks:\n\(entries)"
        return try SettingsDocument(yaml: yaml, environment: [:]).decode(Section.self).webhooks
    }

    private func problems(_ entries: String) throws -> [String] {
        let error = #expect(throws: InvalidSettings.self) { try webhooks(entries) }
        return try #require(error).problems.map(\.description)
    }

    @Test func `without a list there is none`() throws {
        #expect(try SettingsDocument(yaml: "{}", environment: [:]).decode(Section.self).webhooks.isEmpty)
    }

    @Test func `a name and a URL are enough`() throws {
        let webhook = try #require(try webhooks("    - { name: on-call, url: 'https://example.org/x' }").first)
        #expect(webhook.name == "on-call" && "\(webhook.url)" == "https://example.org/…" && webhook.secret == nil)
        #expect(webhook.minimumSeverity == .info && webhook.matchers.isEmpty && webhook.authorityFile == nil)
        #expect(webhook.timeout == .seconds(10) && webhook.giveUpAfter == .seconds(3_600))
    }

    @Test func `everything can be set, the secret by its file`() throws {
        let folder = try TestDirectory.make()
        try "hush\n".write(toFile: "\(folder)/secret", atomically: true, encoding: .utf8)
        let webhook = try #require(
            try webhooks(
                """
                    - name: on-call
                      url: http://example.org
                      secret_file: \(folder)/secret
                      min_severity: critical
                      matchers: [device=boiler-1, "detector~tail*"]
                      timeout: 2s
                      give_up_after: 5m
                """
            ).first)
        #expect(webhook.secret == Secret("hush") && webhook.minimumSeverity == .critical)
        #expect(webhook.matchers.map(\.description) == ["device=boiler-1", "detector~tail*"])
        #expect(webhook.timeout == .seconds(2) && webhook.giveUpAfter == .seconds(300))
    }

    @Test func `a bad URL is a problem with its place, and is not said again`() throws {
        let problems = try problems("    - name: a\n      url: https://example.org/?token=abc#d")
        #expect(problems.count == 1)
        #expect(problems[0].hasPrefix("sluice.yaml:4:12: anomaly_detector.webhooks[0].url: is no URL of a webhook"))
        #expect(!problems[0].contains("abc"))
    }

    @Test func `a name that is taken is a problem with its place`() throws {
        let entry = "url: 'http://example.org' }"
        let problems = try problems("    - { name: a, \(entry)\n    - { name: a, \(entry)")
        #expect(
            problems == [
                "sluice.yaml:4:15: anomaly_detector.webhooks[1].name: another webhook is called 'a', too"
            ])
    }

    @Test(arguments: [
        "{ url: 'http://example.org' }", "{ name: a }", "{ name: '', url: 'http://e.org' }",
        "{ name: 'a b', url: 'http://e.org' }", "{ name: é, url: 'http://e.org' }",
        "{ name: a, url: 'http://e.org', min_severity: high }",
        "{ name: a, url: 'http://e.org', matchers: [colour=red] }",
        "{ name: a, url: 'http://e.org', matchers: [device] }", "{ name: a, url: 'http://e.org', timeout: 1ms }",
        "{ name: a, url: 'http://e.org', secret: '' }", "{ name: a, url: 'https://e.org', ca_file: /nowhere.pem }",
        "{ name: a, url: 'http://e.org', secrets: x }", "{ name: a, url: 'http://e.org', secret_file: /nowhere }",
    ])
    func `what cannot be meant is one problem`(entry: String) throws {
        #expect(try problems("    - \(entry)").count == 1)
    }

    @Test func `a file of authorities is looked at`() async throws {
        let file = try await Certificates.make().path("ca.pem")
        let list = try webhooks("    - { name: a, url: 'https://e.org', ca_file: \(file) }")
        #expect(list.first?.authorityFile == file)
        try FileManager.default.setAttributes([.posixPermissions: 0o646], ofItemAtPath: file)
        let refused = try problems("    - { name: a, url: 'https://e.org', ca_file: \(file) }")
        #expect(refused.count == 1 && refused.first?.contains("others may write \(file) (mode 0646)") == true)
    }

    @Test func `severity, matchers and what people are told decide whom it concerns`() throws {
        var settings = WebhookSettings("a", try #require(WebhookURL("http://example.org")))
        #expect(settings.concerns(transition()))
        #expect(!settings.concerns(transition(telling: .quiet(.pending))))
        settings.minimumSeverity = .critical
        #expect(
            !settings.concerns(transition(severity: .warning)) && settings.concerns(transition(severity: .critical)))
        settings.matchers = [try AlertMatcher("device=boiler-1"), try AlertMatcher("detector~tail*")]
        #expect(settings.concerns(transition(severity: .critical)))
        settings.matchers.append(try AlertMatcher("device!~boiler*"))
        #expect(!settings.concerns(transition(severity: .critical)))
    }
}
