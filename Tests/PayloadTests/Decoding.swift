import Model
import Payload

/// The arrival of every message in these tests: 2026-11-22T20:00:00Z.
let arrival = Timestamp(seconds: 1_795_377_600)

/// Decodes messages into one batch, as mqtt-ingest does.
func decode(
    _ payloads: [[UInt8]], topic: String = "sensors/boiler-7/temperature", rules: PayloadRules = .standard,
    flags: DeliveryFlags = []
) -> ReadingBatch {
    let decoder = PayloadDecoder(rules: rules)
    var builder = BatchBuilder()
    for payload in payloads {
        decoder.decode(topic: topic, payload: payload, flags: flags, into: &builder)
    }
    return builder.finish(identity: BatchIdentity(producer: "p", sequence: 1))
}

func decode(_ payload: String, topic: String = "sensors/boiler-7/temperature", rules: PayloadRules = .standard)
    -> ReadingBatch
{
    decode([Array(payload.utf8)], topic: topic, rules: rules)
}

extension PayloadDecoder {
    @discardableResult
    func decode(
        topic: String, payload: [UInt8], flags: DeliveryFlags = [], into builder: inout BatchBuilder
    ) -> DecodedMessage {
        decode(topic: Array(topic.utf8), payload: payload, flags: flags, into: &builder)
    }

    @discardableResult
    func decode(
        topic: [UInt8], payload: [UInt8], flags: DeliveryFlags = [], into builder: inout BatchBuilder
    ) -> DecodedMessage {
        topic.withUnsafeBytes { topic in
            payload.withUnsafeBytes { payload in
                decode(topic: topic, payload: payload, flags: flags, receivedAt: arrival, into: &builder)
            }
        }
    }
}
