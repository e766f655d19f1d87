public import Alerting
public import Model

extension SilenceRecord {
    /// One that has just been added.
    public init(silence: Silence, createdAt: Timestamp) {
        self.silence = silence
        self.createdAt = createdAt
    }
}
