internal import Model

extension Anomaly {
    func write(to writer: inout AlertStateWriter) {
        writer.append(detector)
        for number in [score, threshold, expectedLow, expectedHigh] { writer.append(number) }
        writer.append(why)
    }

    init(from reader: inout AlertStateReader) throws(UnreadableAlerts) {
        self.init(
            row: 0, detector: try reader.text(), score: try reader.double(), threshold: try reader.double(),
            expectedLow: try reader.double(), expectedHigh: try reader.double(), why: try reader.text())
    }
}
