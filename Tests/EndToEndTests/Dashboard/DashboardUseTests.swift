import Foundation
import Testing

extension EndToEnd {
    /// What an operator does from the page alone.
    struct DashboardUseTests {
        @Test func `flow is seen within two seconds, and so is an instance that dies and comes back`() async throws {
            try await DashboardRig.with { rig in
                try await rig.open("")
                let flows = "document.querySelector('#answer-flow strong')?.innerText.startsWith('Yes')"
                try await rig.until("readings flow", within: 2, flows)
                try await rig.until("nothing is lost", "document.querySelector('#answer-lost.ok')")
                try await rig.driver.run(Self.witness)
                let killed = Date()
                try await rig.stack.signal("preprocessor", SIGKILL)
                try await rig.until("it is red", within: 10, "window.seen.some(one => one.color === window.red)")
                let seen = try await rig.driver.run("return window.seen.find(one => one.color === window.red).at")
                let delay = try #require(seen as? Double) / 1_000 - killed.timeIntervalSince1970
                #expect(delay < 2, "red after \(delay) s")
                let green = "document.querySelector('#service-preprocessor tbody tr').dataset.state === 'ready'"
                try await rig.until("it is green again", within: 60, green)
                try await rig.until("its restart is counted", "\(Self.restarts) === '1'")
                try await goesOnAfterARestartOfTheMonitor(rig)
            }
        }

        private static let restarts =
            "document.querySelector('#service-preprocessor tbody tr').cells[2].textContent"

        /// Notes every state that the row of preprocessor shows, in which colour, and when.
        private static let witness = """
            window.seen = [];
            const row = document.querySelector("#service-preprocessor tbody tr");
            const paint = name => {
              const probe = document.body.appendChild(document.createElement("i"));
              probe.style.color = `var(${name})`;
              const color = getComputedStyle(probe).color;
              probe.remove();
              return color;
            };
            window.red = paint("--bad");
            new MutationObserver(() => window.seen.push({
              state: row.dataset.state, color: getComputedStyle(row.querySelector(".badge")).color, at: Date.now(),
            })).observe(row, { attributes: true, attributeFilter: ["data-state"] });
            """

        private func goesOnAfterARestartOfTheMonitor(_ rig: DashboardRig) async throws {
            // One that is only killed is back before anybody would say that it is away.
            let pid = try await rig.stack.signal("health-monitor", SIGSTOP)
            try await rig.until("it says that nobody answers", "!document.getElementById('silence').hidden")
            let words = try await rig.driver.run("return document.getElementById('silence').innerText") as? String
            #expect(words?.contains("what is below is old") == true)
            kill(pid, SIGKILL)
            try #require(try await rig.stack.waitForSuccessor(of: pid, as: "health-monitor"))
            try await rig.until("it is live again", within: 30, "document.body.dataset.live === 'true'")
            try await rig.until(
                "readings flow", "document.querySelector('#answer-flow strong').innerText.startsWith('Yes')")
        }

        @Test func `charts are read and pages reached by keys, and what a device calls itself stays text`() async throws
        {
            try await DashboardRig.with { rig in
                let name = "<img src=x onerror=alert(1)>"
                try await rig.stack.publish("sensors/\(name)/temperature", #"{"value": 1}"#)
                try await rig.open("")
                try await rig.until("there is a chart", "document.querySelector('.plot-frame canvas')")
                try await rig.driver.run("document.querySelector('.plot-frame').focus()")
                try await rig.until("two points are there", "document.activeElement.ariaValueMax >= 1")
                try await rig.driver.press("Home")
                try await rig.until(
                    "the first is read",
                    "/UTC: received .*, stored /.test(document.querySelector('.readout').innerText)")
                try await rig.driver.press("ArrowRight")
                try await rig.until("the second is read", "document.activeElement.ariaValueNow === '1'")
                try await rig.driver.run("document.querySelector('nav a[data-page=devices]').focus()")
                try await rig.driver.press("Enter")
                try await rig.until(
                    "the device is listed", "document.querySelector('main').innerText.includes('\(name)')")
                #expect(try await rig.driver.run("return document.querySelectorAll('main img').length") as? Int == 0)
                #expect(try await rig.driver.run("return document.activeElement.tagName") as? String == "H1")
                #expect(try await rig.driver.console() == [])
            }
        }

        @Test func `an alert is acknowledged and silenced, and a dead letter replayed, with the token`() async throws {
            try await DashboardRig.with { rig in
                try await acknowledge(rig)
                try await silence(rig)
                try await replay(rig)
            }
        }

        private func acknowledge(_ rig: DashboardRig) async throws {
            try await rig.open("#/alerts")
            try await rig.press("Acknowledge")
            try await rig.write("ada", into: "by")
            try await rig.write("on my way", into: "note")
            try await rig.press("Acknowledge")
            // Whoever changes something shows the token; a wrong one is not taken.
            try await rig.write("guessed", into: "token")
            try await rig.press("Use it")
            try await rig.until("it is refused", "document.querySelector('dialog.token .error').textContent !== ''")
            try await rig.write(rig.token, into: "token")
            try await rig.press("Use it")
            try await rig.until(
                "it is acknowledged", "document.querySelector('tbody').innerText.includes('acknowledged')")
            let by = try await rig.stack.query("select acknowledged_by from alerts")
            #expect(by == "ada")
        }

        private func silence(_ rig: DashboardRig) async throws {
            try await rig.press("Silence")
            try await rig.write("the valve is being changed", into: "reason")
            try await rig.press("Silence")
            try await rig.until(
                "the silence is listed", "document.querySelector('.list')?.innerText.includes('device=boiler')")
            #expect(
                try await rig.stack.query("select owner || ': ' || reason from silences")
                    == "ada: the valve is being changed")
            try await rig.press("End it")
            try await rig.press("End it")
            try await rig.until("no silence is left", "document.body.innerText.includes('No silence is in force')")
        }

        private func replay(_ rig: DashboardRig) async throws {
            try await rig.driver.run("location.hash = '#/dlq'")
            try await rig.until("the dead letter is listed", "document.querySelector('tbody input')")
            try await rig.driver.run("document.querySelector('tbody input').click()")
            try await rig.press("Replay 1")
            try await rig.press("Replay")
            try await rig.until(
                "it says so", "document.getElementById('notices').innerText.includes('1 dead letter replayed')")
            // It went the whole way again: still no number, so it is a dead letter once more, which names the first.
            #expect(try await rig.stack.reaches(2, "select count(*) from dead_letters where device_id = 'pump'"))
        }
    }
}
