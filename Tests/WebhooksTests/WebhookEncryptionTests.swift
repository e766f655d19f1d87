import IOLoop
import TestServers
import Testing

@testable import Webhooks

@IOThread
struct WebhookEncryptionTests {
    @Test func `a server whose authority is in the file is trusted`() async throws {
        let certificates = try await Certificates.make()
        let receiver = try await Receiver.start(certificates: certificates)
        for host in ["127.0.0.1", "localhost"] {
            let url = receiver.url("/tls/200", scheme: "https").replacing("127.0.0.1", with: host)
            let notification = try Notification(url) { $0.authorityFile = certificates.path("ca.pem") }
            let outcome = await notification.notifier.deliver(transition())
            #expect(outcome == .delivered)
            try await notification.end()
        }
        #expect(try receiver.requests("/tls").map(\.genuine) == [true, true])
        await receiver.stop()
    }

    @Test func `a server whose authority nobody knows gets nothing`() async throws {
        let certificates = try await Certificates.make()
        let stranger = try await Certificates.make().path("ca.pem")
        let receiver = try await Receiver.start(certificates: certificates)
        for file in [nil, stranger] {
            let notification = try Notification(receiver.url("/tls/200", scheme: "https")) {
                $0.authorityFile = file
                $0.giveUpAfter = .zero
            }
            let outcome = await notification.notifier.deliver(transition())
            let url = receiver.url("/…", scheme: "https")
            let why = "cannot trust \(url): CERTIFICATE_VERIFY_FAILED"
            #expect(outcome == .gaveUp(reason: why, attempts: 1))
            try await notification.end()
        }
        #expect(try receiver.requests("/tls").isEmpty)
        await receiver.stop()
    }

    @Test func `a server of another name gets nothing`() async throws {
        let certificates = try await Certificates.make()
        let receiver = try await Receiver.start(certificates: certificates)
        // An address of this machine that the certificate does not name.
        let url = receiver.url("/tls/200", scheme: "https").replacing("127.0.0.1", with: "[::ffff:127.0.0.1]")
        let notification = try Notification(url) {
            $0.authorityFile = certificates.path("ca.pem")
            $0.giveUpAfter = .zero
        }
        let outcome = await notification.notifier.deliver(transition())
        #expect(reason(outcome).hasPrefix("cannot trust"), "\(outcome)")
        #expect(try receiver.requests("/tls").isEmpty)
        try await notification.end()
        await receiver.stop()
    }
}
