import DetectorCatalog
import IOLoop
import Model
import PostgreSQL

/// What is to be tried on which readings.
struct BacktestRequest: Sendable {
    var detector: DetectorSettings
    var scope = SeriesScope.everything
    var from: Timestamp
    var to: Timestamp
    /// It learns from what was measured so long before `from`.
    var warmUp = Duration.zero
    /// Alerts that are kept, and as many anomalies; all are counted.
    var alertLimit = 10_000
    /// Series that are kept for plotting.
    var plotLimit = 0
    /// Readings that are in memory at once.
    var pageSize = 5_000

    var learnsFrom: Timestamp { max(from.advanced(by: .zero - warmUp), Self.earliest) }

    /// The year 1; PostgreSQL's times end not far before.
    private static let earliest = Timestamp(microseconds: -62_135_596_800_000_000)

    func includes(_ name: SensorName) -> Bool {
        scope.contains(device: name.device, sensor: name.sensor)
            && detector.scope.contains(device: name.device, sensor: name.sensor)
    }

    /// What the detector judges one after another, each with the sensors that it consists of: series, or devices.
    func subjects(among series: [Int32: SensorName]) -> [[Int32]] {
        let sensors = series.filter { includes($0.value) }.keys.sorted()
        guard detector.judgesDevices else { return sensors.map { [$0] } }
        let devices = Dictionary(grouping: sensors) { ExactText(series[$0]?.device ?? "") }
        return devices.values.sorted { ($0.first ?? 0) < ($1.first ?? 0) }
    }
}

/// What came of it.
struct BacktestOutcome {
    var request: BacktestRequest
    var tally: BacktestTally
    /// The earliest ones, in the order in which they last began to fire.
    var alerts: [RaisedAlert]
    /// The earliest ones, in the order of their time.
    var anomalies: [Alert]
    /// Of the series with the most alerts, those first.
    var plots: [SeriesPlot]
}

/// A detector over stored history.
@IOThread
struct Backtest {
    private let request: BacktestRequest
    private let connection: PostgreSQLConnection

    init(_ request: BacktestRequest, on connection: PostgreSQLConnection) {
        self.request = request
        self.connection = connection
    }

    /// - Parameter progress: called after each page with the readings so far.
    /// - Throws: ``PluginError``, ``PostgreSQLError``, ``UnknownSchema``.
    func run(progress: (Int) -> Void = { _ in }) async throws -> BacktestOutcome {
        let trial = DetectorTrial(try request.detector.makeDetector(), request)
        do {
            // One snapshot for names and readings, which a read-only transaction cannot change by mistake.
            try await connection.transaction(begin: "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY") {
                try await feed(trial, progress)
            }
        } catch let error as PostgreSQLError where ["42P01", "42703"].contains(error.sqlState) {
            throw UnknownSchema(reason: error.message)
        }
        return trial.outcome()
    }

    private func feed(_ trial: DetectorTrial, _ progress: (Int) -> Void) async throws {
        let names = try await StoredNames.read(on: connection)
        let chosen = request.subjects(among: names.series)
        guard !chosen.isEmpty else { return }
        let history = StoredReadings(connection: connection, names: names, pageSize: request.pageSize)
        try await history.open(chosen, from: request.learnsFrom, to: request.to)
        while let page = try await history.next() {
            for segment in page { try trial.take(segment) }
            progress(trial.tally.judged)
        }
    }
}

/// Not a database of Sluice, or of a version that lacks what is read here.
struct UnknownSchema: Error, CustomStringConvertible {
    let reason: String

    var description: String {
        """
        this database has not the tables of this version (\(reason)): check --postgres, or let storage-writer of this \
        version run on it, which brings it up to date
        """
    }
}
