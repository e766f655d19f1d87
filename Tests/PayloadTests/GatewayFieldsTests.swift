import Model
import Testing

/// What an edge-processor says of its readings.
struct GatewayFieldsTests {
    @Test func `quality and anomaly score are columns where a gateway gives them`() {
        let batch = decode(
            [
                #"{"value":1}"#, #"{"value":2,"quality":0.5,"anomaly_score":0.25}"#, #"{"value":3,"quality":1}"#,
                #"{"value":4}"#,
            ].map { Array($0.utf8) })
        #expect(batch.quality == [1, 0.5, 1, 1])
        #expect(batch.anomalyScore == [0, 0.25, 0, 0])
    }

    @Test func `most batches have neither`() {
        let batch = decode(#"[{"value":1},{"value":2}]"#)
        #expect(batch.quality.isEmpty && batch.anomalyScore.isEmpty)
    }

    @Test(arguments: [#""good""#, "1.5", "-0.1", "null", "true", "{}", "NaN"])
    func `a device that means something else by the names loses nothing`(value: String) {
        let batch = decode(#"{"value":1,"quality":\#(value),"anomaly_score":\#(value)}"#)
        #expect(batch.value == [1] || value == "NaN")
        #expect(batch.quality.isEmpty && batch.anomalyScore.isEmpty)
    }
}
