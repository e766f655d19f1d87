import FoundationEssentials

/// How many instances of each service there are to be. In the data directory, so that a running `sluice up` can be
/// told, and the next one starts as many.
struct ScaleRequest: Codable, Sendable, Equatable {
    /// Tells one request from another.
    var id: String
    /// Services that are not in it keep their number.
    var counts: [String: Int]

    init(counts: [String: Int]) {
        id = UUID().uuidString
        self.counts = counts
    }

    /// `nil` when nobody ever asked.
    ///
    /// - Throws: when the file is not one that ``write(to:)`` wrote.
    static func read(from directory: DataDirectory) throws -> ScaleRequest? {
        try readJSON(ScaleRequest.self, from: directory.scale)
    }

    func write(to directory: DataDirectory) throws {
        try writeJSON(self, to: directory.scale)
    }

    /// This one, over an earlier one.
    func merged(over earlier: ScaleRequest?) -> ScaleRequest {
        var merged = self
        merged.counts = (earlier?.counts ?? [:]).merging(counts) { $1 }
        return merged
    }
}

/// What became of a request.
struct ScaleOutcome: Codable, Sendable, Equatable {
    var request: String
    /// Why it could not be carried out; `nil` when it was.
    var error: String?
}
