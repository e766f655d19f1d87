internal import Model
internal import Plugins

/// Notes when and by which version of the pipeline a batch was processed; each reading's metadata shows both.
struct ProvenanceStamp: Processor {
    let name = "provenance"
    let pipelineVersion: String

    func process(_ batch: inout ReadingBatch, verdicts: inout Verdicts, at now: Timestamp) throws {
        batch.processedAt = now
        batch.pipelineVersion = pipelineVersion
    }
}
