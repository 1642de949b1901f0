import Netlink

/// Says which zone and object answer for a name, what the cache holds, and which upstream would be asked.
struct NameExplainer: Sendable {
  let zone: ClusterZone
  let serving: Serving

  /// - Parameter type: `A`, `TYPE65`.
  /// - Returns: `nil` where these are no name or no type.
  func explain(_ text: String, _ type: String) async throws -> NameExplanation? {
    guard let name = WireName(text), let number = RecordType.named(type) else { return nil }
    var explanation = NameExplanation(question: "\(name) \(RecordType.name(number))")
    let configuration = serving.configuration
    let cluster = WireName(configuration.zone) ?? WireName()
    var question = ForwardQuestion(name: name.bytes, type: number)
    if name.isWithin(cluster) {
      explanation.add("zone", "\(cluster), this cluster's: \(await zone.summary)")
      explanation.add("object", await zone.explain(name))
    } else {
      explanation.add("zone", "not \(cluster)")
      let owners = await zone.explain(name)
      if !owners.isEmpty { explanation.add("object", owners) }
      if let target = RewriteRules(configuration.rewrites).target(of: name.bytes) {
        explanation.add("rewritten", "it is asked for as \(WireName(unchecked: target))")
        question.name = target
      }
    }
    switch try await serving.resolver.answerHere(question) {
    case .answer(let response):
      explanation.add("answer", ["\(ResponseCode.name(response.code)), from this server's own names"])
      explanation.add("records", RecordText.lines(response, age: .seconds(0)))
    case .failure(let code): explanation.add("answer", "\(ResponseCode.name(code)), from this server's own names")
    case .alias(let target):
      explanation.add("alias", "it stands for \(WireName(unchecked: target)), which is asked elsewhere")
      question.name = target
      explainElsewhere(question, &explanation)
    case .elsewhere: explainElsewhere(question, &explanation)
    }
    return explanation
  }

  private func explainElsewhere(_ question: ForwardQuestion, _ explanation: inout NameExplanation) {
    let resolver = serving.resolver
    let staleTTL = resolver.cache.settings.staleTTL
    if let found = resolver.cache.find(question, now: MonotonicClock.nanoseconds(), isCounted: false) {
      let code = ResponseCode.name(found.response.code)
      if found.isStale {
        explanation.add("cache", "\(code), stale: \(found.age) s old, given only where no upstream answers")
      } else {
        explanation.add("cache", "\(code), \(found.age) s old")
      }
      let age: AnswerAge = found.isStale ? .stale(staleTTL) : .seconds(found.age)
      explanation.add("records", RecordText.lines(found.response, age: age))
    } else {
      explanation.add("cache", "not held")
    }
    let plan = resolver.forwarder.plan
    let health = resolver.forwarder.readings.health
    let route = plan.routes[plan.route(for: question.name)]
    guard !route.servers.isEmpty else {
      explanation.add("upstream", "zone \(route.zone) has none: REFUSED")
      return
    }
    explanation.add(
      "upstream",
      ["by zone \(route.zone), \(route.policy.rawValue)"]
        + route.servers.map { "\(plan.servers[$0].upstream): \(Self.state(health[$0]))" })
  }

  private static func state(_ health: UpstreamHealth) -> String {
    if health.isLooping { return "asks this server in turn: left out" }
    if health.isDown { return "down, \(health.failures) failures" }
    guard let time = health.roundTrip else { return "not asked yet" }
    return "up, answers in \(Double(time / 10_000) / 100) ms"
  }
}
