/// A detector's score under one profile.
public struct ProfileScore: Hashable, Sendable {
    public let profile: Profile
    /// 100 for every window found at its first row without a false alarm, 0 for a detector that never alerts.
    /// Below 0 when false alarms cost more than the windows earn. Where there is no window to find, it is ``raw``.
    public let score: Double
    /// Rows with this score or a higher one are alerts; 1.1 when it is best that none is.
    public let threshold: Double
    /// Before it is scaled to 0…100.
    public let raw: Double
    /// How many there are to find.
    public let windows: Int

    init(_ profile: Profile, _ point: Sweep.Point, windows: Int) {
        self.profile = profile
        self.windows = windows
        threshold = point.threshold
        raw = point.raw
        let nothing = -profile.missed * Double(windows)
        let everything = profile.found * Double(windows)
        score = windows > 0 ? 100 * (raw - nothing) / (everything - nothing) : raw
    }
}
