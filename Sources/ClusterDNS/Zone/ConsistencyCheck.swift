import KubeAPI
import KubeClient
import Logging

/// Compares what the zone holds with what the API server lists, and mends what differs.
///
/// A watch that stays open and tells nothing looks like a cluster in which nothing happens. What differs at one look may
/// be an event on its way; only what still stands after a pause, and differs from the object as it is then, is wrong.
struct ConsistencyCheck: Sendable {
  let client: KubeClient
  let zone: ClusterZone
  let namesByPod: Bool
  let logger: Logger
  var pause = Duration.seconds(5)
  /// Objects a page of a list: what is in memory at a time.
  private static let pageSize = 500

  /// - Returns: how many objects the zone had wrong. It has them right now.
  func run() async throws -> Int {
    let services = try await check(
      KubeAPI.Service.self, { ServiceFacts($0) }, { await $0.state.services.keys },
      { zone, keys in await zone.held(services: keys) },
      { zone, key, facts in await zone.handle(services: facts.map { .changed(key, $0) } ?? .deleted(key)) })
    let slices = try await check(
      EndpointSlice.self, { [namesByPod] in SliceFacts($0, namesByPod: namesByPod) }, { await $0.state.slices.keys },
      { zone, keys in await zone.held(slices: keys) },
      { zone, key, facts in await zone.handle(slices: facts.map { .changed(key, $0) } ?? .deleted(key)) })
    let namespaces = try await check(
      Namespace.self, { _ in true }, { await $0.state.namespaces.map { ObjectKey(name: $0) } },
      { zone, keys in await zone.held(namespaces: keys) },
      { zone, key, facts in await zone.handle(namespaces: facts.map { .changed(key, $0) } ?? .deleted(key)) })
    return services + slices + namespaces
  }

  private func check<Object: KubeObject, Facts: Equatable & Sendable>(
    _ type: Object.Type, _ facts: @Sendable (Object) -> Facts?,
    _ keys: @Sendable (ClusterZone) async -> [ObjectKey],
    _ held: @Sendable (ClusterZone, [ObjectKey]) async -> [Facts?],
    _ mend: @Sendable (ClusterZone, ObjectKey, Facts?) async -> Void
  ) async throws -> Int {
    let suspects = try await differences(facts, keys, held)
    if suspects.isEmpty { return 0 }
    try await Task.sleep(for: pause)
    var wrong = 0
    for (key, before) in suspects where await held(zone, [key]) == [before] {
      let now = try await current(key, facts)
      guard now != before, await held(zone, [key]) == [before] else { continue }
      wrong += 1
      logger.error(
        "the watch missed a change, which is mended",
        metadata: ["resource": "\(Object.resource.groupResource)", "object": "\(key)"])
      await mend(zone, key, now)
    }
    return wrong
  }

  /// The objects that the list has otherwise, with what is held of them.
  private func differences<Object: KubeObject, Facts: Equatable & Sendable>(
    _ facts: @Sendable (Object) -> Facts?, _ keys: @Sendable (ClusterZone) async -> [ObjectKey],
    _ held: @Sendable (ClusterZone, [ObjectKey]) async -> [Facts?]
  ) async throws -> [ObjectKey: Facts?] {
    var suspects: [ObjectKey: Facts?] = [:]
    var missing = Set(await keys(zone))
    var token: String?
    repeat {
      let page = try await client.listPage(Object.self, limit: Self.pageSize, continueToken: token)
      for (object, before) in zip(page.items, await held(zone, page.items.map(\.key))) {
        missing.remove(object.key)
        if facts(object) != before { suspects.updateValue(before, forKey: object.key) }
      }
      token = page.continueToken
    } while token != nil
    for (key, before) in zip(missing, await held(zone, Array(missing))) { suspects.updateValue(before, forKey: key) }
    return suspects
  }

  /// The object as it is now; `nil` where it is gone, or of no interest.
  private func current<Object: KubeObject, Facts>(
    _ key: ObjectKey, _ facts: @Sendable (Object) -> Facts?
  ) async throws -> Facts? {
    do {
      return facts(try await client.get(Object.self, key))
    } catch let error as APIError where error.isNotFound {
      return nil
    }
  }
}

extension ClusterZone {
  fileprivate func held(services keys: [ObjectKey]) -> [ServiceFacts?] { keys.map { state.services[$0] } }
  fileprivate func held(slices keys: [ObjectKey]) -> [SliceFacts?] { keys.map { state.slices[$0] } }
  /// `true` for those that are there.
  fileprivate func held(namespaces keys: [ObjectKey]) -> [Bool?] {
    keys.map { state.namespaces.contains($0.name) ? true : nil }
  }
}
