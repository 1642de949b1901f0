import Telemetry
import Testing

@Suite struct HealthChecksTests {
  @Test func allWellIsOneWord() async {
    let health = HealthChecks()
    health.register("store") { .healthy }
    let answer = await health.answer(path: "/readyz", verbose: false)
    #expect(answer?.status == 200)
    #expect(answer?.text == "ok")
  }

  @Test func aFailureIsNamed() async {
    let health = HealthChecks()
    health.register("ping") { .healthy }
    health.register("informer", [.ready]) { .unhealthy("services are not synced") }
    let ready = await health.answer(path: "/readyz", verbose: false)
    #expect(ready?.status == 503)
    #expect(ready?.text.contains("[-]informer failed: services are not synced") == true)
    #expect(await health.answer(path: "/livez", verbose: false)?.status == 200)
    #expect(await health.answer(path: "/readyz/ping", verbose: false)?.status == 200)
    #expect(await health.answer(path: "/readyz/none", verbose: false) == nil)
    #expect(await health.answer(path: "/else", verbose: false) == nil)
  }
}
