/// What became of the rows of a recording.
struct ReplayReport: Encodable {
    var rows: Int
    /// Rows that are no readings; each was named.
    var invalid: Int
    var published: Int
    var acknowledged: Int
    var seconds: Double
    var rate: Double
    private let publishing: String

    private enum CodingKeys: CodingKey {
        case rows, invalid, published, acknowledged, seconds, rate
    }

    init(_ report: PublishReport, rows: Int, invalid: Int) {
        self.rows = rows
        self.invalid = invalid
        published = report.published
        acknowledged = report.acknowledged
        seconds = report.seconds
        rate = report.rate
        publishing = report.text
    }

    var text: String { "\(rows) rows, \(invalid) invalid: \(publishing)" }
}
