import Testing

@testable import Model

struct EdgeDeliveryTests {
    @Test func `it comes back from both of its forms`() {
        let delivery = EdgeDelivery(producer: "7b3e", sequence: 42)
        #expect(delivery.text == "7b3e:42")
        #expect(EdgeDelivery(text: delivery.text) == delivery)
        #expect(EdgeDelivery(eventID: delivery.eventID) == delivery)
        #expect(EdgeDelivery(eventID: "7b3e-42-0") == nil)
    }

    @Test(arguments: [
        "", ":", "a:", ":1", "a:0", "a:-1", "a:1:2", "a:x", "a:9223372036854775807", "a:99999999999999999999", "a\0:1",
        String(repeating: "a", count: 65) + ":1",
    ])
    func `anything else is none`(text: String) {
        #expect(EdgeDelivery(text: text) == nil)
    }

    @Test func `a reading of a gateway that dies on the way came out of no dead letter`() {
        var batch = ReadingBatch(identity: BatchIdentity(producer: "p", sequence: 1))
        let edge = EdgeDelivery(producer: "g", sequence: 1).eventID
        batch.replays = [
            Replay(eventID: edge, partition: Partition(rawValue: 0), firstPosition: 0, count: 1),
            Replay(eventID: "letter", partition: Partition(rawValue: 0), firstPosition: 1, count: 1),
        ]
        #expect(batch.replay(ofPosition: 0) == nil)
        #expect(batch.replay(ofPosition: 1) == "letter")
    }
}
