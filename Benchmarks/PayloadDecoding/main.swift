import Glibc
import Model
import Payload

// CPU time of decoding a payload, in nanoseconds a reading:
//
//     swift run -c release payload-benchmark

private let arrival = Timestamp(seconds: 1_795_377_600)
private let topics = (0..<200).map { Array("sensors/device-\($0)/temperature".utf8) }
private let plain = #"{"value":21.437,"unit":"C","timestamp":1795377600123}"#

private let payloads = [
    ("value and unit", #"{"value":21.437,"unit":"Celsius"}"#),
    ("Unix time", plain),
    ("ISO 8601 time", #"{"value":21.437,"unit":"C","timestamp":"2026-11-22T19:59:59.5Z"}"#),
    (
        "location and metadata",
        #"{"value":21.4,"timestamp":1795377600123,"location":{"lat":48.1,"lon":11.5},"metadata":{"n":12345}}"#
    ),
    ("array of a hundred", "[" + Array(repeating: plain, count: 100).joined(separator: ",") + "]"),
]

/// Messages until `readings` are decoded, finished into batches of about a thousand.
private func decode(_ payload: [UInt8], readings: Int, with decoder: PayloadDecoder) -> Int {
    var builder = BatchBuilder()
    var done = 0
    var message = 0
    while done < readings {
        topics[message % topics.count].withUnsafeBytes { topic in
            payload.withUnsafeBytes { payload in
                done +=
                    decoder.decode(topic: topic, payload: payload, flags: [], receivedAt: arrival, into: &builder)
                    .readings
            }
        }
        message += 1
        if builder.count >= 1_000 { _ = builder.finish(identity: BatchIdentity(producer: "p", sequence: 1)) }
    }
    return done
}

private let decoder = PayloadDecoder()
for (name, text) in payloads {
    let payload = Array(text.utf8)
    _ = decode(payload, readings: 10_000, with: decoder)
    let start = clock()
    let readings = decode(payload, readings: 1_000_000, with: decoder)
    let nanoseconds = Double(clock() - start) * 1e9 / Double(CLOCKS_PER_SEC) / Double(readings)
    print("\(name), \(payload.count) bytes: \(Int(nanoseconds)) ns")
}
