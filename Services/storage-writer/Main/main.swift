import StageRuntime
import StorageWriter

await ServiceMain.run(StorageWriterService.self)
