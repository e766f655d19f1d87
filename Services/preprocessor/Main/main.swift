import Preprocessor
import StageRuntime

await ServiceMain.run(PreprocessorService.self)
