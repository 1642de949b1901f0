import KubeAPI
import Testing

@Suite struct DurationTests {
  @Test(arguments: [
    ("0", Duration.zero), ("0s", .zero), ("24h0m0s", .seconds(86_400)), ("1.5h", .seconds(5_400)),
    ("300ms", .milliseconds(300)), ("1m30s", .seconds(90)), ("2us", .microseconds(2)), ("+1s", .seconds(1)),
  ])
  func durationsAreThoseOfGo(_ text: String, _ expected: Duration) { #expect(Duration(goSyntax: text) == expected) }

  @Test(arguments: ["", "1", "-1s", "s", "1s2", "1 s", "1d", "1..5s", "99999999999h"])
  func otherTextsAreNoDurations(_ text: String) { #expect(Duration(goSyntax: text) == nil) }
}
