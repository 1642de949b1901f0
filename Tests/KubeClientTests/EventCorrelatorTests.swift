import KubeAPI
import KubeClientTesting
import Testing

@testable import KubeClient

@Suite struct EventCorrelatorTests {
  func occurrence(_ message: String = "m", object: String = "web", reason: String = "R") -> EventCorrelator.Occurrence {
    .init(object: ObjectReference { $0.name = object }, type: .normal, reason: reason, message: message)
  }

  @Test func countsTheSameAgain() throws {
    var correlator = EventCorrelator()
    guard case .create(let name, "m") = correlator.decide(occurrence(), now: .init(microseconds: 1_000_000)) else {
      Issue.record("the first occurrence made no Event")
      return
    }
    #expect(
      correlator.decide(occurrence(), now: .init(microseconds: 2_000_000))
        == .update(name: name, count: 2, message: "m"))
    // Long after, it is told anew.
    guard case .create(let later, "m") = correlator.decide(occurrence(), now: .init(microseconds: 700_000_000)) else {
      Issue.record("a late occurrence made no Event")
      return
    }
    #expect(later != name)
  }

  @Test func combinesManyMessagesOfOneReason() {
    var correlator = EventCorrelator()
    var decisions: [EventCorrelator.Decision] = []
    for index in 0..<13 {
      decisions.append(correlator.decide(occurrence("m\(index)"), now: .init(microseconds: Int64(index))))
    }
    let created = decisions.filter { if case .create = $0 { true } else { false } }
    #expect(created.count == 11)
    guard case .create(let name, "(combined from similar events): m10") = decisions[10] else {
      Issue.record("the eleventh message was not combined: \(decisions[10])")
      return
    }
    #expect(decisions[12] == .update(name: name, count: 3, message: "(combined from similar events): m12"))
  }

  @Test func dropsAFloodOfOneObjectOnly() {
    var correlator = EventCorrelator()
    let now = MicroTime(microseconds: 5_000_000)
    var dropped = 0
    for _ in 0..<100 where correlator.decide(occurrence(), now: now) == .drop { dropped += 1 }
    #expect(dropped == 75)
    #expect(correlator.decide(occurrence(object: "other"), now: now) != .drop)
    #expect(correlator.decide(occurrence(), now: .init(microseconds: 306_000_000)) != .drop)
  }

  @Test func staysSmall() {
    var correlator = EventCorrelator()
    for index in 0..<20_000 {
      _ = correlator.decide(occurrence(object: "pod-\(index)"), now: .init(microseconds: Int64(index) * 1_000))
    }
    #expect(correlator.entryCount <= 3 * EventCorrelator.capacity)
  }

  @Test func recordsToTheServer() async throws {
    let api = FakeAPI()
    let recorder = EventRecorder(api.client, component: "tester", host: "node-1")
    let pod = api.put(Pod("web", in: "shop"))
    recorder.record(on: pod, type: .warning, reason: "BackOff", message: "again")
    recorder.record(on: pod, type: .warning, reason: "BackOff", message: "again")
    await recorder.flush()
    let events = api.stored(Event.self)
    #expect(events.count == 1)
    #expect(events.first?.count == 2)
    #expect(events.first?.type == "Warning")
    #expect(events.first?.metadata.namespace == "shop")
    #expect(events.first?.involvedObject?.uid == pod.metadata.uid)
    #expect(events.first?.source?.component == "tester")
  }

  @Test func failuresAreForgotten() async throws {
    let api = FakeAPI()
    let recorder = EventRecorder(api.client, component: "tester")
    api.failNext(with: APIError(code: 500, reason: "InternalError", message: "no"))
    let pod = api.put(Pod("web", in: "shop"))
    recorder.record(on: pod, type: .normal, reason: "R", message: "m")
    recorder.record(on: pod, type: .normal, reason: "R", message: "m")
    await recorder.flush()
    #expect(api.stored(Event.self).count == 1)
  }
}
