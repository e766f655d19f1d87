import Foundation
import Testing

extension EndToEnd {
    /// What an operator changes from the page, on a screen and on a telephone, by day and by night.
    struct DashboardActionTests {
        @Test func `an alert is acknowledged and silenced, and a dead letter replayed, with the token`() async throws {
            try await DashboardRig.with { rig in
                for viewport in Viewport.all {
                    try await rig.driver.show(as: viewport)
                    try await acknowledge(rig, viewport)
                    try await silence(rig, viewport)
                    try await replay(rig, viewport)
                }
            }
        }

        private func acknowledge(_ rig: DashboardRig, _ viewport: Viewport) async throws {
            let sensor = "heat-\(viewport.width)-\(viewport.scheme.rawValue)"
            try await rig.stack.publish("sensors/boiler/\(sensor)", #"{"value": 97.5, "unit": "C"}"#)
            let alert = "from alerts where sensor_type = '\(sensor)'"
            try #require(try await rig.stack.reaches(1, "select count(*) \(alert) and state = 'firing'"))
            let row = "[...document.querySelectorAll('tbody tr')].find(one => one.innerText.includes('/ \(sensor)'))"
            try await rig.open("#/alerts")
            try await rig.until("\(sensor) is listed", "\(row)?.querySelector('button')")
            try await rig.driver.run("\(row).querySelector('button').click()")
            try await rig.write("ada", into: "by")
            try await rig.write("on my way", into: "note")
            try await rig.press("Acknowledge")
            if viewport == Viewport.all.first { try await showTheToken(rig) }
            try await rig.until("\(sensor) is acknowledged", within: 60, "\(row)?.innerText.includes('acknowledged')")
            #expect(try await rig.stack.query("select acknowledged_by \(alert)") == "ada")
            try await Screenshots().take("alert-acknowledged", of: rig.driver, as: viewport)
        }

        /// Whoever changes something shows the token; a wrong one is not taken.
        private func showTheToken(_ rig: DashboardRig) async throws {
            try await rig.write("guessed", into: "token")
            try await rig.press("Use it")
            try await rig.until("it is refused", "document.querySelector('dialog.token .error').textContent !== ''")
            try await rig.write(rig.token, into: "token")
            try await rig.press("Use it")
        }

        private func silence(_ rig: DashboardRig, _ viewport: Viewport) async throws {
            let reason = "the valve is being changed, \(viewport)"
            try await rig.press("Silence")
            try await rig.write(reason, into: "reason")
            try await rig.press("Silence")
            try await rig.until(
                "the silence is listed", within: 60,
                "document.querySelector('.list')?.innerText.includes('device=boiler')")
            #expect(try await rig.stack.query("select owner from silences where reason = '\(reason)'") == "ada")
            try await Screenshots().take("alert-silenced", of: rig.driver, as: viewport)
            try await rig.press("End it")
            try await rig.press("End it")
            try await rig.until(
                "no silence is left", within: 60, "document.body.innerText.includes('No silence is in force')")
        }

        private func replay(_ rig: DashboardRig, _ viewport: Viewport) async throws {
            let device = "pump-\(viewport.width)-\(viewport.scheme.rawValue)"
            try await rig.stack.publish("sensors/\(device)/pressure", #"{"value": "warm"}"#)
            let letters = "select count(*) from dead_letters where device_id = '\(device)'"
            try #require(try await rig.stack.reaches(1, letters))
            try await rig.open("#/dlq?device=\(device)")
            try await rig.until("the dead letter is listed", "document.querySelectorAll('tbody input').length === 1")
            try await rig.driver.run("document.querySelector('tbody input').click()")
            try await Screenshots().take("dead-letter-chosen", of: rig.driver, as: viewport)
            try await rig.press("Replay 1")
            try await rig.press("Replay")
            try await rig.until(
                "it says so", within: 60,
                "document.getElementById('notices').innerText.includes('1 dead letter replayed')")
            try await Screenshots().take("dead-letter-replayed", of: rig.driver, as: viewport)
            // It went the whole way again: still no number, so it is a dead letter once more, which names the first.
            #expect(try await rig.stack.reaches(2, letters))
        }
    }
}
