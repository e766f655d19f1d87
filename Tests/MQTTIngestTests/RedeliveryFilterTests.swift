import MQTT
import Redelivery
import Spool
import Testing

@testable import MQTTIngest

struct RedeliveryFilterTests {
    /// The verdict on one message, with `known` in the spool.
    private func isStored(
        _ known: [UInt16: UInt64], id: UInt16 = 5, topic: String = "sensors/d/s", payload: String = "21.4",
        duplicate: Bool = true
    ) -> Bool {
        var filter = RedeliveryFilter()
        filter.resume(after: known)
        return withMessage(id, topic, payload, duplicate) { filter.isStored($0, RecentPacket($0)) }
    }

    private func withMessage<T>(
        _ id: UInt16, _ topic: String, _ payload: String, _ duplicate: Bool, _ body: (MQTTMessage) -> T
    ) -> T {
        Array(topic.utf8).withUnsafeBytes { topic in
            Array(payload.utf8).withUnsafeBytes { payload in
                body(
                    MQTTMessage(
                        topic: topic, payload: payload, packetID: id, qos: .atLeastOnce, retained: false,
                        duplicate: duplicate))
            }
        }
    }

    private var known: [UInt16: UInt64] {
        [5: withMessage(5, "sensors/d/s", "21.4", false) { RecentPacket($0).hash }]
    }

    @Test func `a redelivered message that is in the spool is recognised`() {
        #expect(isStored(known))
    }

    @Test func `a new message with the same id and the same payload is stored`() {
        #expect(!isStored(known, duplicate: false))
    }

    @Test func `a redelivered message that was forgotten, the window being over, is stored`() {
        #expect(!isStored([:]))
    }

    @Test func `another payload, topic or id is another message`() {
        #expect(!isStored(known, payload: "21.5"))
        #expect(!isStored(known, topic: "sensors/d/t"))
        #expect(!isStored(known, id: 6))
    }

    @Test func `topic and payload exchanged are another message`() {
        let exchanged = withMessage(5, "21.4", "sensors/d/s", false) { RecentPacket($0).hash }
        #expect(!isStored([5: exchanged]))
    }
}

struct SubscriptionPlanTests {
    private let wanted = ["a/+", "b/+"].map { MQTTSubscription(filter: $0) }

    @Test func `a new session gets everything`() {
        let plan = SubscriptionPlan(wanted: wanted, known: [], repeats: false)
        #expect(plan.due == wanted)
        #expect(plan.superfluous.isEmpty)
    }

    @Test func `what the configuration does not name any more is dropped`() {
        let plan = SubscriptionPlan(wanted: wanted, known: ["a/+", "old/#"], repeats: false)
        #expect(plan.due.map(\.filter) == ["b/+"])
        #expect(plan.superfluous == ["old/#"])
    }

    @Test func `with MQTT 5 everything is asked for again, and no difference is nothing to tell`() {
        let plan = SubscriptionPlan(wanted: wanted, known: ["a/+", "b/+"], repeats: true)
        #expect(plan.due == wanted)
        #expect(plan.isEmpty)
    }
}
