import HealthMonitor
import StageRuntime

await ServiceMain.run(HealthMonitorService.self)
