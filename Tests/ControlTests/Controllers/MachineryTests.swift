import KubeAPI
import KubeClient
import KubeClientTesting
import Testing

@testable import Control

@Suite struct WorkQueueTests {
  @Test func aKeyIsWorkedOnByOneAtATime() {
    var queue = WorkQueueState<String>()
    let result1 = queue.add("a")
    #expect(result1)
    let result2 = queue.add("a")
    #expect(!result2)
    let result3 = queue.take()
    #expect(result3 == "a")
    let result4 = queue.take()
    #expect(result4 == nil)
    // It comes again while it is worked on: nobody else takes it, and it is not forgotten.
    let result5 = queue.add("a")
    #expect(!result5)
    let result6 = queue.take()
    #expect(result6 == nil)
    let result7 = queue.done("a")
    #expect(result7)
    let result8 = queue.take()
    #expect(result8 == "a")
    let result9 = queue.done("a")
    #expect(!result9)
  }

  @Test func keysComeInOrderAndMemoryIsGivenBack() {
    var queue = WorkQueueState<Int>()
    for round in 0..<10 {
      for index in 0..<1_000 { _ = queue.add(round * 1_000 + index) }
      for index in 0..<1_000 {
        let key = queue.take()
        #expect(key == round * 1_000 + index)
        if let key { _ = queue.done(key) }
      }
    }
    #expect(queue.count == 0)
  }

  @Test func failuresWaitLonger() {
    var queue = WorkQueueState<String>()
    let result10 = queue.failed("a", random: 1)
    #expect(result10 == .milliseconds(5))
    let result11 = queue.failed("a", random: 1)
    #expect(result11 == .milliseconds(10))
    let result12 = queue.failed("b", random: 1)
    #expect(result12 == .milliseconds(5))
    queue.succeeded("a")
    let result13 = queue.failed("a", random: 1)
    #expect(result13 == .milliseconds(5))
  }

  @Test func delayedKeysComeOnceAndTheEarliestCounts() async {
    let queue = WorkQueue<String>()
    queue.add("late", after: .seconds(600))
    queue.add("late", after: .milliseconds(20))
    queue.add("now")
    #expect(await queue.next() == "now")
    #expect(await queue.next() == "late")
    queue.done("late")
    queue.close()
    #expect(await queue.next() == nil)
  }
}

@Suite(.timeLimit(.minutes(1))) struct ObjectCacheTests {
  let api = FakeAPI()

  func withCache(_ body: (ObjectCache<Pod>) async throws -> Void) async throws {
    let cache = ObjectCache<Pod>(api.client, indexers: [CacheSet.podsByNode: { $0.nodeName.map { [$0] } ?? [] }])
    let task = Task { await cache.run() }
    await cache.synced()
    do {
      try await body(cache)
    } catch {
      task.cancel()
      throw error
    }
    task.cancel()
    await task.value
  }

  @Test func writesAreReadAtOnce() async throws {
    try await withCache { cache in
      let pod = try await cache.create(Pod("web", in: "a") { $0.spec.nodeName = "n" })
      #expect(cache[pod.key] == pod)
      #expect(cache.indexed(CacheSet.podsByNode, "n") == [pod])
      try await cache.delete(pod)
      // It runs on a node, so it stays until the kubelet has let go of it.
      #expect(cache[pod.key]?.isTerminating == true)
      try await cache.delete(pod, gracePeriodSeconds: 0)
      #expect(cache[pod.key] == nil)
      #expect(cache.indexed(CacheSet.podsByNode, "n").isEmpty)
    }
  }

  /// Nobody follows the server here: what the cache is told comes from the test alone.
  @Test func olderEventsAreNotBelieved() async throws {
    let cache = ObjectCache<Pod>(api.client)
    let first = try await cache.create(Pod("web", in: "a"))
    var changed = first
    changed.metadata.labels = ["x": "y"]
    let second = try await cache.update(changed)
    cache.store(first)
    #expect(cache[first.key] == second)
    try await cache.delete(second)
    // A change from before the deletion that arrives behind it.
    cache.store(second)
    #expect(cache[first.key] == nil)
    // A new pod of that name is another pod.
    let third = try await cache.create(Pod("web", in: "a"))
    #expect(cache[first.key] == third)
  }

  @Test func deletingWhatIsGoneOrReplacedIsNoError() async throws {
    try await withCache { cache in
      let pod = try await cache.create(Pod("web", in: "a"))
      api.remove(Pod.self, pod.key)
      try await cache.delete(pod)
      let other = try await cache.create(Pod("web", in: "a"))
      try await cache.delete(pod)
      #expect(api.stored(Pod.self, pod.key)?.metadata.uid == other.metadata.uid)
      #expect(cache[pod.key] == other)
    }
  }
}

@Suite struct OwnerGraphTests {
  func node(
    _ name: String, owners: [String] = [], blocks: Bool = true, finalizers: [String] = [], deleting: Bool = false
  ) -> OwnerGraph.Node {
    OwnerGraph.Node(
      resource: Pod.resource, key: ObjectKey(namespace: "a", name: name), uid: name, resourceVersion: "1",
      owners: owners.map {
        OwnerGraph.Owner(uid: $0, apiVersion: "v1", kind: "Pod", name: $0, blocks: blocks)
      }, isDeleting: deleting, finalizers: finalizers)
  }

  @Test func dependentsOfWhatGoesAreLookedAt() {
    var graph = OwnerGraph()
    let result14 = graph.update(node("owner"))
    #expect(result14 == [])
    let result15 = graph.update(node("child", owners: ["owner"]))
    #expect(result15 == [])
    #expect(graph.count(in: "a") == 2)
    let result16 = graph.remove(Pod.resource, ObjectKey(namespace: "a", name: "owner"))
    #expect(result16 == ["child"])
    #expect(graph.count(in: "a") == 1)
    // One that comes with an owner nobody knows is looked at as well.
    let result17 = graph.update(node("late", owners: ["nobody"]))
    #expect(result17 == ["late"])
    // An unchanged one is not looked at again.
    let result18 = graph.update(node("late", owners: ["nobody"]))
    #expect(result18 == [])
  }

  @Test func foregroundDeletionWaitsForItsDependents() {
    var graph = OwnerGraph()
    _ = graph.update(node("owner"))
    _ = graph.update(node("child", owners: ["owner"]))
    let going = node("owner", finalizers: [OwnerGraph.foreground], deleting: true)
    let result19 = graph.update(going)
    #expect(result19 == ["owner"])
    #expect(graph.dependents(of: "owner").map(\.uid) == ["child"])
    let result20 = graph.remove(Pod.resource, ObjectKey(namespace: "a", name: "child"))
    #expect(result20 == ["owner"])
    #expect(graph.dependents(of: "owner").isEmpty)
  }

  @Test func anotherObjectOfTheSameNameIsAnother() {
    var graph = OwnerGraph()
    _ = graph.update(node("owner"))
    _ = graph.update(node("child", owners: ["owner"]))
    var other = node("owner")
    other.uid = "owner-2"
    let result21 = graph.update(other)
    #expect(result21 == ["child"])
    let result22 = graph.replace(Pod.resource, [:]).isSubset(of: ["child"])
    #expect(result22)
    #expect(graph.nodes.isEmpty)
    #expect(graph.count(in: "a") == 0)
  }
}
