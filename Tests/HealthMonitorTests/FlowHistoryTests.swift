import Foundation
import Model
import Testing

@testable import HealthMonitor

@Suite struct FlowHistoryTests {
    private func status(_ received: Double?, utilization: Double? = nil) -> FleetStatus {
        var status = FleetStatus(state: .ready, time: "", instances: [])
        status.flow = FlowPicture.Flow(receivedPerSecond: received, sentence: "")
        status.services = [
            FlowPicture.Service(name: "preprocessor", state: .ready, instances: 1, utilization: utilization)
        ]
        return status
    }

    private struct Answer: Decodable {
        struct Service: Decodable { var utilization: [Double?] }
        var times: [Int64]
        var received_per_second: [Double?]
        var services: [String: Service]
    }

    private func answer(_ history: FlowHistory, minutes: Int = 60) throws -> Answer {
        try JSONDecoder().decode(Answer.self, from: Data(history.json(minutes: minutes).text.utf8))
    }

    @Test func `every five seconds are one point, the mean of what was seen`() throws {
        var history = FlowHistory()
        #expect(history.take(status(10, utilization: 0.5), at: Timestamp(seconds: 1_000)) == nil)
        #expect(history.take(status(30), at: Timestamp(seconds: 1_004)) == nil)
        let point = history.take(status(100), at: Timestamp(seconds: 1_005))
        #expect(
            try #require(point).text.hasPrefix(#"{"time":1000,"received_per_second":20.0,"stored_per_second":null,"#))
        let answer = try answer(history)
        #expect(answer.times == [1_000])
        #expect(answer.received_per_second == [20])
        #expect(answer.services["preprocessor"]?.utilization == [0.5])
    }

    @Test func `time in which nobody looked is null`() throws {
        var history = FlowHistory()
        for second in [1_000, 1_005, 1_020, 1_025] as [Int64] {
            _ = history.take(status(Double(second)), at: Timestamp(seconds: second))
        }
        let answer = try answer(history)
        #expect(answer.times == [1_000, 1_005, 1_010, 1_015, 1_020])
        #expect(answer.received_per_second == [1_000, 1_005, nil, nil, 1_020])
    }

    @Test func `an hour is kept, and not more`() throws {
        var history = FlowHistory()
        for number in 0...1_500 as ClosedRange<Int64> {
            _ = history.take(status(Double(number)), at: Timestamp(seconds: number * 5))
        }
        let answer = try answer(history)
        #expect(answer.times.count == 720)
        #expect(answer.times.first == 780 * 5 && answer.times.last == 1_499 * 5)
        #expect(answer.received_per_second.first == 780 && answer.received_per_second.last == 1_499)
        #expect(try self.answer(history, minutes: 1).times.count == 12)
        // A long sleep leaves nothing of what was before it.
        _ = history.take(status(1), at: Timestamp(seconds: 1_000_000))
        #expect(try self.answer(history).received_per_second.allSatisfy { $0 == nil })
    }

    @Test func `a clock that was set back begins anew`() throws {
        var history = FlowHistory()
        for second in [10_000, 10_005, 1_000, 1_005] as [Int64] {
            _ = history.take(status(Double(second)), at: Timestamp(seconds: second))
        }
        #expect(try answer(history).times == [1_000])
    }
}
