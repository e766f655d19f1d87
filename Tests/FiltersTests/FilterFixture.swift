import Foundation

/// A file that `Fixtures/make_fixtures.py` wrote.
struct FilterFixture {
    let header: [String]
    let rows: [[String]]

    init(_ name: String, thisFile: String = #filePath) throws {
        let file = URL(fileURLWithPath: thisFile).deletingLastPathComponent().appending(path: "Fixtures/\(name).csv")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        header = lines.first ?? []
        rows = Array(lines.dropFirst())
    }

    /// Empty cells are nil.
    func column(_ index: Int) -> [Double?] {
        rows.map { Double($0[index]) }
    }
}

extension String {
    /// Numbers with semicolons between them.
    var numbers: [Double] { split(separator: ";").compactMap { Double($0) } }
}

/// Relative to the larger of both and 1.
func isClose(_ left: Double, _ right: Double, within tolerance: Double = 1e-9) -> Bool {
    abs(left - right) <= tolerance * max(1, abs(left), abs(right))
}

func isClose(_ left: [Double], _ right: [Double], within tolerance: Double = 1e-9) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { isClose($0, $1, within: tolerance) }
}
