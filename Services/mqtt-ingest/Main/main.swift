import MQTTIngest
import StageRuntime

await ServiceMain.run(MQTTIngestService.self)
