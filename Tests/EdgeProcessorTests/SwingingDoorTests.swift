import Model
import Testing

@testable import EdgeProcessor

struct SwingingDoorTests {
    private let rule = TransmissionRule.swingingDoor(deviation: 1, heartbeat: nil)

    @Test func `of a straight line only its ends are sent`() throws {
        var run = try GatewayRun(rule)
        for second in 0..<50 { try run.feed(Double(second) * 3, second: Int64(second)) }
        run.flush()
        #expect(run.reasons == [1: .first, 50: .flushed])
    }

    @Test func `when it closes, the reading before is sent, and the new one held`() throws {
        var run = try GatewayRun(rule)
        try run.feed(0, second: 0)
        #expect(try run.feed(0.2, second: 1).reading.decision == .hold)
        try run.feed(0.4, second: 2)
        let outcome = try run.feed(9, second: 3)
        #expect(outcome.reading.decision == .hold)
        #expect(outcome.released?.raw == 0.4)
        #expect(outcome.released?.decision == .send(.doorClosed))
    }

    /// From (0, 0) over (1, 1) to (2, −0.9): Bristol's door stays open, though the line passes the middle one at
    /// 1.45.
    @Test func `it closes where the door with two pivots stays open, and errs by more than the deviation`() throws {
        var run = try GatewayRun(rule)
        try run.feed(0, second: 0)
        try run.feed(1, second: 1)
        #expect(try run.feed(-0.9, second: 2).released?.raw == 1)
    }

    @Test func `a heartbeat sends the newest, and with it the one where the door closed`() throws {
        var run = try GatewayRun(.swingingDoor(deviation: 1, heartbeat: .seconds(10)))
        for second in [Int64(0), 4, 8, 12] { try run.feed(0, second: second) }
        #expect(run.reasons == [1: .first, 4: .heartbeat])
        try run.feed(0, second: 15)
        let outcome = try run.feed(50, second: 30)
        #expect(outcome.released?.decision == .send(.doorClosed))
        #expect(outcome.reading.decision == .send(.heartbeat))
        #expect(run.sent.map(\.number) == [1, 4, 5, 6])
    }

    @Test func `a reading that is not later begins a new run`() throws {
        var run = try GatewayRun(rule)
        for second in [Int64(10), 11, 12, 12, 13, 3, 2, 4] { try run.feed(5, second: second) }
        #expect(
            run.reasons == [
                1: .first, 3: .timeWentBack, 4: .timeWentBack, 5: .timeWentBack, 6: .timeWentBack, 7: .timeWentBack,
            ])
        run.flush()
        #expect(run.sent.last?.number == 8)
    }

    @Test func `values and times at the ends of their range do no harm`() throws {
        let largest = Double.greatestFiniteMagnitude
        var run = try GatewayRun(.swingingDoor(deviation: 1, heartbeat: .seconds(5)))
        for time in [Int64.min, .max, 0, .min, .max, .max] {
            for value in [largest, -largest, 0] { try run.feed(value, at: Timestamp(microseconds: time)) }
        }
        try run.feed(-largest, second: 1)
        for second in 2..<6 { try run.feed(second.isMultiple(of: 2) ? largest : -largest, second: Int64(second)) }
        run.flush()
        #expect(run.sent.last?.number == 23)
    }

    @Test func `flushing gives a sensor type's held reading once`() throws {
        var run = try GatewayRun(rule)
        for (sensor, second) in [("a", Int64(0)), ("b", 1), ("c", 2), ("b", 3), ("a", 4)] {
            try run.feed(1, of: sensor, second: second)
        }
        #expect(run.processor.flush(ExactText("b"))?.timestamp == Timestamp(seconds: 3))
        #expect(run.processor.flush(ExactText("b")) == nil)
        #expect(run.processor.flush(ExactText("a"))?.timestamp == Timestamp(seconds: 4))
        #expect(run.processor.statistics.sent == 5)
    }

    @Test func `lines go on from what was flushed`() throws {
        var run = try GatewayRun(rule)
        try run.feed(0, second: 0)
        try run.feed(10, second: 1)
        run.flush()
        try run.feed(10, second: 2)
        #expect(try run.feed(10, second: 3).released == nil)
    }
}
