import Aggregator
import StageRuntime

await ServiceMain.run(AggregatorService.self)
