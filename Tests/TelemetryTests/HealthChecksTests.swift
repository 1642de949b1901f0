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

  @Test func aDocumentTakesThePlaceOfTheWord() async {
    let health = HealthChecks()
    health.setDocument(of: .health) { "{\"isHealthy\": \($0)}" }
    health.register("proxy", [.health]) { .unhealthy("a change waits") }
    let answer = await health.answer(path: "/healthz", verbose: false)
    #expect(
      answer == HealthAnswer(status: 503, contentType: "application/json", text: "{\"isHealthy\": false}"))
    // The reasons are still to be had.
    #expect(await health.answer(path: "/healthz", verbose: true)?.text.contains("a change waits") == true)
    #expect(await health.answer(path: "/healthz/proxy", verbose: false)?.contentType.hasPrefix("text/plain") == true)
    #expect(await health.answer(path: "/livez", verbose: false)?.text == "ok")
  }
}
