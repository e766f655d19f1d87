import Foundation
import Model
import Testing

@testable import EdgeProcessor

struct UplinkMessageTests {
    private let reading = ProcessedReading(
        device: "pump-3", sensor: "temperature", timestamp: Timestamp(seconds: 1_795_377_600), number: 4, raw: 21.5,
        processed: 21.25, quality: 0.875, anomalyScore: 0.5, decision: .send(.changed))

    private func json(_ context: ReadingContext, thinned: Int64 = 0) throws -> [String: Any] {
        let message = UplinkMessage(reading, context, gateway: "gw \"1\"")
        #expect(message.topic == "sensors/pump-3/temperature")
        let object = try JSONSerialization.jsonObject(with: Data(message.payload(thinned: thinned)))
        return try #require(object as? [String: Any])
    }

    @Test func `it carries both values, what was found out, and what came with it`() throws {
        let context = ReadingContext(unit: "C", location: #"{"lat":1.5}"#, metadata: #"{"shift": "late", "n": [1, 2]}"#)
        let payload = try json(context, thinned: 3)
        #expect(payload["value"] as? Double == 21.25)
        #expect(payload["unit"] as? String == "C")
        #expect(payload["timestamp"] as? String == "2026-11-22T20:00:00.000000Z")
        #expect(payload["quality"] as? Double == 0.875)
        #expect(payload["anomaly_score"] as? Double == 0.5)
        #expect((payload["location"] as? [String: Double]) == ["lat": 1.5])
        let metadata = try #require(payload["metadata"] as? [String: Any])
        #expect(metadata["raw_value"] as? Double == 21.5)
        #expect(metadata["gateway"] as? String == "gw \"1\"")
        #expect(metadata["sent_because"] as? String == "changed")
        #expect(metadata["shift"] as? String == "late")
        #expect(metadata["n"] as? [Int] == [1, 2])
        #expect(metadata["thinned"] as? Int == 3)
    }

    @Test(arguments: [nil, "{}", "{ \n }"])
    func `without metadata of its own it is JSON all the same`(metadata: String?) throws {
        let payload = try json(ReadingContext(metadata: metadata))
        #expect(payload["unit"] == nil && payload["location"] == nil)
        #expect((payload["metadata"] as? [String: Any])?.keys.sorted() == ["gateway", "raw_value", "sent_because"])
    }

    @Test func `what is no reading goes as it came`() {
        let message = UplinkMessage(verbatim: "sensors/d/s", Array("21,5".utf8))
        #expect(message.payload(thinned: 9) == Array("21,5".utf8))
    }
}
