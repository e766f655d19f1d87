import Alerting
import IOLoop
import LocalServers
import TestServers
import Testing

@testable import Webhooks

@IOThread
struct WebhookOrderTests {
    @Test func `a later step of an alert waits until the earlier one is through`() async throws {
        let receiver = try await Receiver.start()
        let notification = try Notification(receiver.url("/order/503/503/200"))
        let notifier = notification.notifier
        let tasks = (1...5).map { ordinal in IOThread.task { await notifier.deliver(transition(ordinal)) } }
        for task in tasks { #expect(await task.value == .delivered) }
        let names = try receiver.requests("/order").compactMap(\.delivery?.last)
        #expect(String(names) == "1112345")
        try await notification.end()
        await receiver.stop()
    }

    @Test func `an alert that waits holds up no other`() async throws {
        let receiver = try await Receiver.start()
        // Every request but the first is taken; the first one's alert would come again in an hour.
        let notification = try Notification(receiver.url("/others/503/200"), pace: .never, inFlight: 1)
        let notifier = notification.notifier
        let stuck = IOThread.task { await notifier.deliver(transition(1, alert: "stuck")) }
        try await eventually("the first was refused") { notification.errors("webhook_attempt_failed") == 1 }
        let behind = IOThread.task { await notifier.deliver(transition(2, alert: "stuck")) }
        for alert in ["a", "b", "c"] {
            #expect(await notifier.deliver(transition(1, alert: alert)) == .delivered)
        }
        #expect(notification.underWay == 2)
        stuck.cancel()
        #expect(await stuck.value == .interrupted)
        // What came behind it is not lost with it.
        #expect(await behind.value == .delivered)
        #expect(try receiver.requests("/others").compactMap(\.delivery) == ["stuck/1", "a/1", "b/1", "c/1", "stuck/2"])
        try await notification.end()
        await receiver.stop()
    }

    @Test func `different alerts go at once, and no more than so many`() async throws {
        let receiver = try await Receiver.start()
        let notification = try Notification(receiver.url("/parallel/200@0.2"), inFlight: 4)
        let notifier = notification.notifier
        let tasks = (0..<16).map { alert in
            IOThread.task { await notifier.deliver(transition(1, alert: "\(alert)")) }
        }
        for task in tasks { #expect(await task.value == .delivered) }
        let requests = try receiver.requests("/parallel")
        let atOnce = requests.map { one in requests.count { $0.began <= one.began && one.began < $0.ended } }
        #expect(requests.count == 16)
        #expect(atOnce.max() ?? 0 > 1 && atOnce.max() ?? 0 <= 4, "\(atOnce)")
        try await notification.end()
        await receiver.stop()
    }

    @Test func `when too many wait, what comes is given up at once`() async throws {
        let listener = try #require(SilentListener())
        defer { listener.close() }
        let notification = try Notification("http://127.0.0.1:\(listener.port)/", messages: 3)
        let notifier = notification.notifier
        let tasks = (0..<3).map { alert in
            IOThread.task { await notifier.deliver(transition(1, alert: "\(alert)")) }
        }
        try await eventually("three wait") { notification.underWay == 3 }
        let outcome = await notifier.deliver(transition(1, alert: "late"))
        #expect(outcome == .gaveUp(reason: "3 messages wait already", attempts: 0))
        for task in tasks { task.cancel() }
        for task in tasks { #expect(await task.value == .interrupted) }
        #expect(notification.underWay == 0 && notification.count("interrupted") == 3)
        try await notification.end()
    }

    @Test func `cancelling ends what is being sent, what waits its turn and what waits to be tried again`() async throws
    {
        let listener = try #require(SilentListener())
        defer { listener.close() }
        let sending = try Notification("http://127.0.0.1:\(listener.port)/", inFlight: 1)
        let receiver = try await Receiver.start()
        let resting = try Notification(receiver.url("/resting/503"), pace: .never)
        let (first, second) = (sending.notifier, resting.notifier)
        let tasks =
            (0..<50).map { alert in IOThread.task { await first.deliver(transition(1, alert: "\(alert % 5)")) } }
            + [IOThread.task { await second.deliver(transition()) }]
        try await eventually("all are under way") {
            sending.underWay == 50 && resting.errors("webhook_attempt_failed") == 1
        }
        let start = ContinuousClock.now
        for task in tasks { task.cancel() }
        for task in tasks { #expect(await task.value == .interrupted) }
        #expect(ContinuousClock.now - start < .seconds(5))
        try await sending.end()
        try await resting.end()
        await receiver.stop()
    }

    @Test func `whom it does not concern is not told`() async throws {
        let port = try PortReservation.freePort()
        let notification = try Notification("http://127.0.0.1:\(port)/") { $0.minimumSeverity = .critical }
        #expect(await notification.notifier.deliver(transition(severity: .warning)) == .notConcerned)
        #expect(notification.count("not_concerned") == 1 && notification.errors("webhook_attempt_failed") == 0)
        try await notification.end()
    }
}
