import Settings
import Testing

@testable import Webhooks

struct WebhookURLTests {
    @Test func `neither a user, nor a path, nor a query is ever shown`() throws {
        let url = try #require(WebhookURL("https://robot:pa%2Fss@hooks.example.org:8443/in/alerts?token=abc"))
        #expect("\(url)" == "https://hooks.example.org:8443/…")
        #expect(url.request.reveal() == "https://hooks.example.org:8443/in/alerts?token=abc")
        #expect(url.credentials == .init(username: "robot", password: .init("pa/ss")))
        var shown = ""
        dump(url, to: &shown)
        #expect(!shown.contains("abc") && !shown.contains("pa/ss"))
        #expect(!"\(String(reflecting: url))".contains("abc"))
    }

    @Test(arguments: [
        "", "hooks.example.org", "ftp://example.org/", "https://", "https:///path", "https://example.org/a b",
        "https://example.org/#part", "https://example.org:0/", "https://example.org:70000/", "http://exa mple/",
    ])
    func `what nobody can POST to is no URL of a webhook`(text: String) {
        #expect(WebhookURL(text) == nil)
    }

    @Test func `an address of IPv6 is a host`() throws {
        #expect(WebhookURL("http://[::1]:8080/x")?.description == "http://[::1]:8080/…")
    }
}
