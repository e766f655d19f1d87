import Alerting
import Foundation
import IOLoop
import LocalServers
import Model
import TestServers
import Testing

@testable import Webhooks

@IOThread
struct WebhookDeliveryTests {
    @Test func `a delivery is the message, signed so that the documented example takes it`() async throws {
        let receiver = try await Receiver.start()
        let notification = try Notification(receiver.url("/signed/204"))
        #expect(await notification.notifier.deliver(transition()) == .delivered)
        let request = try #require(try receiver.requests("/signed").first)
        #expect(request.genuine && !request.late && !request.forged)
        #expect(request.body == transition().message.text)
        #expect(request.headers["Content-Type"] == "application/json")
        #expect(request.headers["User-Agent"] == "sluice")
        #expect(request.delivery == "0-1-0-tailsum/1")
        let seconds = try #require(request.headers["X-Sluice-Timestamp"].flatMap(Int64.init))
        #expect(abs(seconds - Timestamp.now().microseconds / 1_000_000) < 60)
        #expect(notification.count("delivered") == 1 && notification.underWay == 0)
        try await notification.end()
        await receiver.stop()
    }

    @Test func `another secret is no genuine message, and without one nothing is signed`() async throws {
        let receiver = try await Receiver.start()
        for secret in ["other", nil] {
            let notification = try Notification(receiver.url("/secret/200"), secret: secret)
            #expect(await notification.notifier.deliver(transition()) == .delivered)
            try await notification.end()
        }
        let requests = try receiver.requests("/secret")
        #expect(requests.map(\.genuine) == [false, false])
        #expect(requests.map { $0.headers["X-Sluice-Signature"] == nil } == [false, true])
        await receiver.stop()
    }

    @Test func `a user in the URL is sent as Basic authentication, and the query to the server alone`() async throws {
        let receiver = try await Receiver.start()
        let url = receiver.url("/basic/200?token=abc").replacing("://", with: "://robot:pa%2Fss@")
        let notification = try Notification(url)
        #expect(await notification.notifier.deliver(transition()) == .delivered)
        let request = try #require(try receiver.requests("/basic").first)
        #expect(request.path == "/basic/200?token=abc")
        #expect(request.headers["Authorization"] == "Basic \(Data("robot:pa/ss".utf8).base64EncodedString())")
        try await notification.end()
        await receiver.stop()
    }

    @Test func `a name that a header cannot hold is encoded`() async throws {
        let receiver = try await Receiver.start()
        let notification = try Notification(receiver.url("/names/200"))
        let odd = transition(alert: "a\r\nX-Evil: 1 %é")
        #expect(await notification.notifier.deliver(odd) == .delivered)
        let request = try #require(try receiver.requests("/names").first)
        #expect(request.delivery == "a%0D%0AX-Evil:%201%20%25%C3%A9/1" && request.headers["X-Evil"] == nil)
        try await notification.end()
        await receiver.stop()
    }

    @Test func `what the server cannot take now is sent again with the same name`() async throws {
        let receiver = try await Receiver.start()
        let notification = try Notification(receiver.url("/again/503/429/200"))
        #expect(await notification.notifier.deliver(transition()) == .delivered)
        let requests = try receiver.requests("/again")
        #expect(requests.map(\.delivery) == Array(repeating: "0-1-0-tailsum/1", count: 3))
        #expect(requests.map(\.genuine) == [true, true, true])
        #expect(notification.errors("webhook_attempt_failed") == 2)
        try await notification.end()
        await receiver.stop()
    }

    @Test(arguments: ["1", "date"]) func `Retry-After is waited for`(form: String) async throws {
        let receiver = try await Receiver.start()
        // Two seconds ahead, of which the header's resolution may take one.
        let date = Date(timeIntervalSinceNow: 2)
        let value = form == "date" ? Self.httpDate(date) : form
        let notification = try Notification(receiver.url("/patient-\(form)/503=\(value)/200"))
        #expect(await notification.notifier.deliver(transition()) == .delivered)
        let requests = try receiver.requests("/patient-\(form)")
        #expect(requests.count == 2)
        if form == "date" {
            // Both in whole seconds, by one clock.
            let second = try #require(requests[1].headers["X-Sluice-Timestamp"].flatMap(Double.init))
            #expect(second >= date.timeIntervalSince1970.rounded(.down))
        } else {
            #expect(requests[1].began - requests[0].ended > 0.9)
        }
        try await notification.end()
        await receiver.stop()
    }

    /// With the characters encoded that a URL cannot hold: the receiver writes the header as it stands in its path.
    private static func httpDate(_ date: Date) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.string(from: date).replacing(" ", with: "%20")
    }

    @Test(arguments: [400, 404, 302]) func `what is refused is given up at once`(status: Int) async throws {
        let receiver = try await Receiver.start()
        let notification = try Notification(receiver.url("/refused/\(status)"))
        let outcome = await notification.notifier.deliver(transition())
        #expect(outcome == .gaveUp(reason: "answered \(status): told you so ", attempts: 1))
        #expect(try receiver.requests("/").map(\.path) == ["/refused/\(status)"])
        #expect(notification.count("gave_up") == 1 && notification.errors("webhook_undeliverable") == 1)
        try await notification.end()
        await receiver.stop()
    }

    @Test func `what is not taken in time is given up, with the last answer`() async throws {
        let receiver = try await Receiver.start()
        let notification = try Notification(receiver.url("/closed/503")) { $0.giveUpAfter = .seconds(3) }
        let outcome = await notification.notifier.deliver(transition())
        guard case .gaveUp("answered 503: told you so ", let attempts) = outcome else {
            return #expect(outcome == .gaveUp(reason: "answered 503: told you so ", attempts: 3))
        }
        #expect(attempts > 1)
        #expect(try receiver.requests("/closed").count == attempts)
        try await notification.end()
        await receiver.stop()
    }

    @Test func `a server that is away and comes back gets everything, in order`() async throws {
        let port = try PortReservation.freePort()
        let notification = try Notification("http://127.0.0.1:\(port)/back/200")
        let notifier = notification.notifier
        let tasks = (1...20).map { ordinal in
            IOThread.task { await notifier.deliver(transition(ordinal)) }
        }
        try await eventually("it was tried") { notification.errors("webhook_attempt_failed") > 3 }
        #expect(notification.underWay == 20)
        var receiver = try await Receiver.start(port: port)
        #expect(await tasks[0].value == .delivered)
        await receiver.stop()
        let first = try receiver.requests("/back").compactMap(\.delivery)
        receiver = try await Receiver.start(port: port)
        for task in tasks { #expect(await task.value == .delivered) }
        let all = first + (try receiver.requests("/back").compactMap(\.delivery))
        // One may have been taken without that its answer came through.
        var distinct: [String] = []
        for delivery in all where distinct.last != delivery { distinct.append(delivery) }
        #expect(distinct == (1...20).map { "0-1-0-tailsum/\($0)" })
        try await notification.end()
        await receiver.stop()
    }

    @Test func `a server that is not there is named with what is wrong`() async throws {
        let port = try PortReservation.freePort()
        let notification = try Notification("http://127.0.0.1:\(port)/x?token=abc") { $0.giveUpAfter = .zero }
        let outcome = await notification.notifier.deliver(transition())
        let why = "cannot reach http://127.0.0.1:\(port)/…: Connection refused (errno 111)"
        #expect(outcome == .gaveUp(reason: why, attempts: 1))
        try await notification.end()
    }

    @Test func `a server that never answers is left after the timeout`() async throws {
        let listener = try #require(SilentListener())
        defer { listener.close() }
        let notification = try Notification("http://127.0.0.1:\(listener.port)/") {
            $0.timeout = .seconds(1)
            $0.giveUpAfter = .seconds(3)
        }
        let outcome = await notification.notifier.deliver(transition())
        let why = "http://127.0.0.1:\(listener.port) did not answer within 1s"
        guard case .gaveUp(why, 2...) = outcome else { return #expect(outcome == .gaveUp(reason: why, attempts: 2)) }
        try await notification.end()
    }

    @Test func `a slow answer that comes in time is one`() async throws {
        let receiver = try await Receiver.start()
        let notification = try Notification(receiver.url("/slow/200@0.5"))
        #expect(await notification.notifier.deliver(transition()) == .delivered)
        #expect(try receiver.requests("/slow").count == 1)
        try await notification.end()
        await receiver.stop()
    }
}
