import AnomalyDetector
import StageRuntime

await ServiceMain.run(AnomalyDetectorService.self)
