import Foundation
import Testing

extension EndToEnd {
    /// A recording with its own times, years before now, as water and gas meters write it.
    struct ReplayTests {
        @Test func `a recording of 2012 gives the same rollups in both orders of its files`() async throws {
            let water = try MeterRecording(of: "water")
            let gas = try MeterRecording(of: "gas")
            let forwards = try await rollups(after: [water, gas])
            let backwards = try await rollups(after: [gas, water])
            #expect(forwards.exact == backwards.exact)
            #expect(forwards.means.count == backwards.means.count)
            let unequal = zip(forwards.means, backwards.means).filter { !isClose($0, $1) }
            #expect(unequal.isEmpty)
        }

        private func rollups(after files: [MeterRecording]) async throws -> RollupDump {
            var dump: RollupDump?
            try await withStack { stack in
                for file in files { try await replay(file, to: stack) }
                let valid = files.map(\.validRows).reduce(0, +)
                let stored = try await eventually(within: 120) {
                    try await stack.number("select count(*) from readings") >= valid
                }
                #expect(stored)
                #expect(try await stack.number("select count(*) from readings") == valid)
                #expect(try await stack.number("select count(*) from dead_letters") == 0)
                let year = try await stack.query("select distinct extract(year from time) from readings")
                #expect(year == "2012")
                try await Ledger(stack: stack).expectRollupsEqualSQL()
                dump = try await RollupDump(of: stack)
            }
            return try #require(dump)
        }

        private func replay(_ file: MeterRecording, to stack: Stack) async throws {
            let result = try await Shell.run(
                Shell.product("sluice"),
                [
                    "replay", file.path, "--data-dir", stack.dataDirectory.path, "--time-column", "unix_ts",
                    "--value-column", "avg_rate", "--device", "house", "--sensor", file.sensor,
                ])
            #expect(result.status == 0)
            #expect(result.output.contains("\(file.rows) rows, \(file.invalidLines.count) invalid: published "))
            #expect(result.output.contains("acknowledged \(file.validRows) readings"))
            let named = result.errors.split(separator: "\n").compactMap { $0.split(separator: ":").dropFirst().first }
            #expect(named == file.invalidLines.map { " line \($0)" })
        }

        /// To 1e-9: the order in which a mean grows leaves its trace in the last digits.
        private func isClose(_ one: Double, _ other: Double) -> Bool {
            abs(one - other) <= 1e-9 * max(1, abs(one), abs(other))
        }
    }
}

/// A file like those of AMPds2: a row a minute, times of 2012, and now and then a row that is no reading.
final class MeterRecording {
    let sensor: String
    let path: String
    let rows = 3_000
    /// As an editor counts, the header being line 1.
    private(set) var invalidLines: [Int] = []

    var validRows: Int { rows - invalidLines.count }

    /// Over two midnights, so that there are several days and every hour of one.
    private static let firstSecond = 1_333_263_600

    init(of sensor: String) throws {
        self.sensor = sensor
        path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString)-\(sensor).csv").path
        var text = "unix_ts,counter,avg_rate,inst_rate\n"
        for row in 0..<rows { text += line(row) + "\n" }
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    private func line(_ row: Int) -> String {
        let time = Self.firstSecond + row * 60
        // A day's rhythm and something like taps that open, different for the two meters.
        let phase = sensor == "water" ? 0.0 : 1.5
        let flow = 2 + sin(Double(row) / 1_440 * 2 * .pi + phase) + Double(row * row % 17) / 16
        let isInvalid = row % 400 == 399
        if isInvalid { invalidLines.append(row + 2) }
        switch (isInvalid, row / 400 % 4) {
        case (false, _): return String(format: "%d,%d,%.4f,0", time, row, flow)
        case (true, 0): return "soon,\(row),\(flow),0"
        case (true, 1): return "\(time),\(row),,0"
        case (true, 2): return "\(time),\(row),NaN,0"
        default: return "\(time)"
        }
    }
}

/// Every row of the rollups: what must be the same to the bit, and the means and deviations beside it.
struct RollupDump {
    var exact: [String] = []
    var means: [Double] = []

    init(of stack: Stack) async throws {
        for name in ["rollup_1m", "rollup_1h", "rollup_1d"] {
            exact.append(
                try await stack.query(
                    """
                    select bucket, device_id, sensor_type, reading_count, min_value, max_value, first_value, last_value
                    from \(name) order by 1, 2, 3
                    """))
            let rows = "\(name) order by bucket, device_id, sensor_type"
            // A window with one reading has no deviation.
            means += try await Self.numbers("avg_value, coalesce(std_value, -1)", from: rows, stack)
        }
        let patterns = "device_patterns order by device_id, day_of_week, hour_of_day"
        exact.append(
            try await stack.query("select device_id, day_of_week, hour_of_day, reading_count from \(patterns)"))
        means += try await Self.numbers("avg_value", from: patterns, stack)
    }

    private static func numbers(_ columns: String, from rows: String, _ stack: Stack) async throws -> [Double] {
        let text = try await stack.query("select \(columns) from \(rows)")
        return text.split(whereSeparator: { "|\n".contains($0) }).compactMap { Double($0) }
    }
}
