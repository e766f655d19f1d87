internal import Alerting
internal import NIOSSL
public import Settings

extension WebhookSettings {
    /// All of `anomaly_detector.webhooks`; what is wrong with an entry is a problem, and the entry left out.
    public static func list(_ key: String, from reader: SettingsReader) -> [WebhookSettings] {
        var names: Set<String> = []
        return reader.items(key).compactMap { item in
            guard let settings = WebhookSettings(from: item) else { return nil }
            if !names.insert(settings.name).inserted {
                item.reject("name", "another webhook is called '\(settings.name)', too")
            }
            return settings
        }
    }

    /// Every key is read, also after a problem, so that none of them is unknown.
    private init?(from reader: SettingsReader) {
        let name = reader.webhookName()
        let url = reader.webhookURL()
        secret = reader.secret("secret", "Messages are signed with it, by HMAC-SHA256; unsigned without.")
        if secret?.reveal().isEmpty == true { reader.reject("secret", "must not be empty", suggestion: "leave it out") }
        minimumSeverity = reader.severity()
        matchers = reader.matchers()
        timeout = reader.duration(
            "timeout", default: timeout, in: .milliseconds(100) ... .seconds(300), "For one attempt.")
        giveUpAfter = reader.duration(
            "give_up_after", default: giveUpAfter, in: .zero ... .seconds(7 * 86_400),
            "A message that is not taken for so long becomes a dead letter.")
        authorityFile = reader.authorityFile()
        guard let name, let url else { return nil }
        self.name = name
        self.url = url
    }
}

extension SettingsReader {
    fileprivate func webhookName() -> String? {
        let name = requiredString("name", "what metrics, logs and dead letters call the webhook.")
        guard !name.isEmpty || contains("name") else { return nil }
        let isPlain = name.utf8.allSatisfy { byte in
            switch UInt8(ascii: "a") <= byte | 0x20 && byte | 0x20 <= UInt8(ascii: "z") {
            case true: true
            case false: "0123456789-_.".utf8.contains(byte)
            }
        }
        guard isPlain, !name.isEmpty else {
            reject("name", "is made of letters, digits, '-', '_' and '.'", suggestion: "as in on-call")
            return nil
        }
        return name
    }

    /// What was written is not said again: it may hold a token.
    fileprivate func webhookURL() -> WebhookURL? {
        let text = url("url", default: "", "Where to POST: https://host/path.")
        if let url = WebhookURL(text) { return url }
        if text.isEmpty {
            reject("url", "is required", suggestion: "write https://host/path")
        } else {
            reject("url", "is no URL of a webhook", suggestion: "write https://host/path, without spaces and '#'")
        }
        return nil
    }

    fileprivate func severity() -> AlertSeverity {
        let text = string("min_severity", default: AlertSeverity.info.name, "The least: info, warning or critical.")
        if let severity = AlertSeverity(name: text) { return severity }
        reject("min_severity", InvalidMuting.unknownSeverity(text).description)
        return .info
    }

    fileprivate func matchers() -> [AlertMatcher] {
        let texts = strings(
            "matchers", default: [], "Alerts that it hears of, as in [device~boiler-*, sensor!=door]; all must match.")
        return texts.compactMap { text in
            do throws(InvalidMuting) {
                return try AlertMatcher(text)
            } catch {
                reject("matchers", error.description)
                return nil
            }
        }
    }

    fileprivate func authorityFile() -> String? {
        let file = file(
            "ca_file", "PEM file of authorities that may have signed the server's certificate; the system's without.",
            trust: .written)
        guard let file else { return nil }
        // A missing file would otherwise be found when the first alert is to be sent.
        if let certificates = try? NIOSSLCertificate.fromPEMFile(file), !certificates.isEmpty { return file }
        reject("ca_file", "cannot read certificates from '\(file)'", suggestion: "name a readable PEM file")
        return nil
    }
}
