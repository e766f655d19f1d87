import EdgeProcessor
import StageRuntime

await ServiceMain.run(EdgeProcessorService.self)
