import Testing

@testable import MQTT

struct RedeliveryWindowTests {
    @Test func `the window closes after as many fresh messages as can be in flight`() {
        var window = RedeliveryWindow(limit: 2)
        window.open()
        window.announce(duplicate: true)
        #expect(window.duplicate)
        let closes = [MQTTQoS.atLeastOnce, .atLeastOnce, .atMostOnce, .exactlyOnce, .atLeastOnce].map { qos in
            window.delivered(qos: qos)
        }
        #expect(closes == [false, false, false, false, true])
        #expect(!window.duplicate)
    }

    @Test func `the duplicate flag is read from the log line of this client alone`() {
        let line = PublishLogLine(clientID: "a received PUBLISH (d1")
        #expect(line.duplicateFlag(in: "Client a received PUBLISH (d1 received PUBLISH (d0, q1, r0, m5, 't'") == false)
        #expect(line.duplicateFlag(in: "Client a received PUBLISH (d1 received PUBLISH (d1, q1, r0, m5, 't'") == true)
        #expect(line.duplicateFlag(in: "Client a sending PUBACK (m1, rc0)") == nil)
        #expect(line.duplicateFlag(in: "") == nil)
    }

    @Test func `waiting times double up to the ceiling and are spread`() {
        let backoff = MQTTBackoff(first: .milliseconds(100), ceiling: .seconds(1))
        #expect(backoff.delay(attempt: 0, chance: 1) == .milliseconds(100))
        #expect(backoff.delay(attempt: 0, chance: 0) == .milliseconds(50))
        #expect(backoff.delay(attempt: 2, chance: 1) == .milliseconds(400))
        #expect(backoff.delay(attempt: 60, chance: 1) == .seconds(1))
    }
}
