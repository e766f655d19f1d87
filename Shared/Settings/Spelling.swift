/// Finds the word that somebody meant.
enum Spelling {
    /// The nearest candidate within a third of the word's length (at least two edits), nil when none is near.
    static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        let limit = max(2, word.count / 3)
        return candidates.map { (word: $0, distance: distance(word, $0)) }
            .filter { $0.distance <= limit && $0.distance < word.count }
            .min { ($0.distance, $0.word) < ($1.distance, $1.word) }?.word
    }

    /// `did you mean 'x'?`, or nothing.
    static func question(_ word: String, among candidates: some Sequence<String>) -> String? {
        nearest(to: word, among: candidates).map { "did you mean '\($0)'?" }
    }

    /// Optimal string alignment: insertions, deletions, substitutions, swaps of neighbours.
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left)
        let right = Array(right)
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for i in 1..<(left.count + 1) {
            var row = [i]
            for j in 1..<(right.count + 1) {
                let substituted = last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1)
                var best = min(row[j - 1] + 1, last[j] + 1, substituted)
                if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
                    best = min(best, beforeLast[j - 2] + 1)
                }
                row.append(best)
            }
            (beforeLast, last) = (last, row)
        }
        return last[right.count]
    }
}
