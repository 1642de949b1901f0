import KubeAPI
import KubeClientTesting
import Testing

@testable import KubeClient

@Suite(.timeLimit(.minutes(1))) struct InformerTests {
  typealias Events = AsyncStream<InformerEvent<String>>

  /// Tells the value of the `v` label; objects without it are of no interest.
  func informer(_ api: FakeAPI, labelSelector: String? = nil) -> Events {
    Informer<ConfigMap, String>(api.client, labelSelector: labelSelector) { $0.metadata.labels["v"] }.events()
  }

  func map(_ name: String, _ value: String?) -> ConfigMap {
    ConfigMap(name, in: "a") { if let value { $0.metadata.labels = ["v": value] } }
  }

  let one = ObjectKey(namespace: "a", name: "one")
  let two = ObjectKey(namespace: "a", name: "two")

  @Test func tellsTheListThenEveryChange() async throws {
    let api = FakeAPI()
    api.put(map("one", "1"))
    api.put(map("none", nil))
    var events = informer(api).makeAsyncIterator()
    #expect(await events.next() == .replaced([one: "1"]))
    api.put(map("two", "2"))
    #expect(await events.next() == .changed(two, "2"))
    api.put(map("two", "3"))
    #expect(await events.next() == .changed(two, "3"))
    // Of no interest any more, and then again.
    api.put(map("two", nil))
    #expect(await events.next() == .deleted(two))
    api.put(map("two", "4"))
    #expect(await events.next() == .changed(two, "4"))
    api.remove(ConfigMap.self, one)
    #expect(await events.next() == .deleted(one))
    // What was never told is not told as deleted.
    api.remove(ConfigMap.self, ObjectKey(namespace: "a", name: "none"))
    api.put(map("one", "5"))
    #expect(await events.next() == .changed(one, "5"))
  }

  @Test func resumesAfterTheWatchBrokeWithoutListingAgain() async throws {
    let api = FakeAPI()
    var events = informer(api).makeAsyncIterator()
    #expect(await events.next() == .replaced([:]))
    try await eventually("no watch was opened") { api.watchCount == 1 }
    for round in 0..<3 {
      api.breakWatches(with: round == 1 ? TransportError(method: "GET", url: "", message: "reset") : nil)
      api.put(map("one", "\(round)"))
      #expect(await events.next() == .changed(one, "\(round)"))
    }
    #expect(api.requests.filter { $0.path.hasSuffix("/configmaps") }.count >= 5)
  }

  @Test func listsAgainAfterCompaction() async throws {
    let api = FakeAPI()
    api.put(map("one", "1"))
    var events = informer(api).makeAsyncIterator()
    #expect(await events.next() == .replaced([one: "1"]))
    try await eventually("no watch was opened") { api.watchCount == 1 }
    api.failNext(2, with: APIError(code: 503, reason: "ServiceUnavailable", message: "away"))
    api.breakWatches()
    api.put(map("two", "2"))
    api.remove(ConfigMap.self, one)
    api.compact()
    #expect(await events.next() == .replaced([two: "2"]))
    // The keys follow the new list.
    try await eventually("no watch was opened") { api.watchCount == 1 }
    api.remove(ConfigMap.self, two)
    #expect(await events.next() == .deleted(two))
  }

  @Test func listsAgainAfterAnErrorEvent() async throws {
    let api = FakeAPI()
    var events = informer(api).makeAsyncIterator()
    #expect(await events.next() == .replaced([:]))
    try await eventually("no watch was opened") { api.watchCount == 1 }
    api.sendWatchError(APIError(code: 410, reason: "Expired", message: "too old"))
    #expect(await events.next() == .replaced([:]))
  }

  @Test func bookmarksMoveTheWatchOn() async throws {
    let api = FakeAPI()
    var events = informer(api).makeAsyncIterator()
    #expect(await events.next() == .replaced([:]))
    try await eventually("no watch was opened") { api.watchCount == 1 }
    api.put(Secret("other", in: "a"))
    api.sendBookmarks()
    api.put(map("one", "1"))
    #expect(await events.next() == .changed(one, "1"))
    api.put(Secret("more", in: "a"))
    api.sendBookmarks()
    api.compact()
    // What comes after a bookmark is read behind it, so the bookmark has been read when this change has.
    api.put(map("one", "2"))
    #expect(await events.next() == .changed(one, "2"))
    api.breakWatches()
    api.put(map("one", "3"))
    #expect(await events.next() == .changed(one, "3"))
  }

  @Test func readsManyPages() async throws {
    let api = FakeAPI()
    for index in 0..<(2 * KubeClient.pageSize + 7) { api.put(map("m\(index)", "x")) }
    var events = informer(api).makeAsyncIterator()
    guard case .replaced(let all) = await events.next() else {
      Issue.record("the first event is no list")
      return
    }
    #expect(all.count == 2 * KubeClient.pageSize + 7)
    #expect(try await api.client.list(ConfigMap.self, in: "a").items.count == all.count)
  }

  @Test func tellsPagesAsTheyComeAndDeletionsOfWhatItNeverTold() async throws {
    let api = FakeAPI()
    for index in 0..<(KubeClient.pageSize + 7) { api.put(map("m\(index)", index % 2 == 0 ? "x" : nil)) }
    let informer = Informer<ConfigMap, String>(api.client) { $0.metadata.labels["v"] }
    var events = informer.pages().makeAsyncIterator()
    var keys: Set<ObjectKey> = []
    for isFirst in [true, false] {
      guard case .page(let page) = await events.next() else {
        Issue.record("the first events are no list")
        return
      }
      #expect(page.isFirst == isFirst && page.isLast == !isFirst && page.objects.allSatisfy { $0.element == "x" })
      keys.formUnion(page.objects.map(\.key))
    }
    #expect(keys.count == (KubeClient.pageSize + 8) / 2)
    try await eventually("no watch was opened") { api.watchCount == 1 }
    api.remove(ConfigMap.self, ObjectKey(namespace: "a", name: "m1"))
    guard case .deleted(let key) = await events.next() else {
      Issue.record("the deletion is not told")
      return
    }
    #expect(key.name == "m1")
  }

  @Test func selectorsAreTheServers() async throws {
    let api = FakeAPI()
    api.put(map("one", "1"))
    api.put(map("two", "2"))
    var events = informer(api, labelSelector: "v=2").makeAsyncIterator()
    #expect(await events.next() == .replaced([two: "2"]))
    api.put(map("two", "1"))
    #expect(await events.next() == .deleted(two))
  }

  @Test func endsWithItsReader() async throws {
    let api = FakeAPI()
    let task = Task {
      for await _ in informer(api) {}
    }
    try await eventually("no watch was opened") { api.watchCount == 1 }
    task.cancel()
    await task.value
    try await eventually("the watch stayed open") { api.watchCount == 0 }
  }
}
