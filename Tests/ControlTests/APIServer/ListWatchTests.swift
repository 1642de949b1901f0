import KubeAPI
import KubeClient
import Logging
import NIOCore
import Testing

@testable import Control

/// Lists in pages and at versions; watches from versions, with selectors and bookmarks.
@Suite(.timeLimit(.minutes(2))) struct ListWatchTests {
  static let maps = "/api/v1/namespaces/default/configmaps"

  private static func fill(_ api: TestAPIServer, _ names: [String]) async throws {
    for name in names {
      let labels = ["first": String(name.prefix(1))]
      _ = try await api.send("POST", maps, TestAPIServer.configMap(name, labels: labels))
    }
  }

  private static func names(_ list: JSONValue) -> [String] {
    (list["items"]?.arrayValue ?? []).compactMap { $0[path: "metadata", "name"]?.stringValue }
  }

  @Test func pagesShowOneStateWhateverHappensBetween() async throws {
    try await TestAPIServer.with { api in
      try await Self.fill(api, ["a", "b", "c", "d", "e"])
      let first = try await api.send("GET", Self.maps + "?limit=2")
      #expect(Self.names(first.json) == ["a", "b"])
      #expect(first.json[path: "metadata", "remainingItemCount"] == 3)
      let token = try #require(first.json[path: "metadata", "continue"]?.stringValue)
      _ = try await api.send("DELETE", Self.maps + "/c")
      _ = try await api.send("POST", Self.maps, TestAPIServer.configMap("bb"))
      let second = try await api.send("GET", Self.maps + "?limit=2&continue=" + token)
      #expect(Self.names(second.json) == ["c", "d"])
      #expect(
        second.json[path: "metadata", "resourceVersion"] == first.json[path: "metadata", "resourceVersion"])
      try await api.store.compact(through: try await api.store.currentRevision())
      let expired = try await api.send("GET", Self.maps + "?limit=2&continue=" + token)
      #expect(expired.status == 410)
      #expect(expired.json["reason"] == "Expired")
      let rest = try #require(expired.json[path: "metadata", "continue"]?.stringValue)
      let inconsistent = try await api.send("GET", Self.maps + "?continue=" + rest)
      #expect(Self.names(inconsistent.json) == ["bb", "d", "e"])
    }
  }

  @Test func pagesOfWhatHasNotChangedDoNotReadTheStore() async throws {
    try await TestAPIServer.with { api in
      try await Self.fill(api, ["a", "b", "c", "d", "e"])
      let first = try await api.send("GET", Self.maps + "?limit=2")
      let token = try #require(first.json[path: "metadata", "continue"]?.stringValue)
      // Another resource may change.
      _ = try await api.client.create(Namespace("other"))
      await api.store.close()
      let second = try await api.send("GET", Self.maps + "?limit=2&continue=" + token)
      #expect(Self.names(second.json) == ["c", "d"])
      #expect(second.json[path: "metadata", "remainingItemCount"] == 1)
      #expect(
        second.json[path: "metadata", "resourceVersion"] == first.json[path: "metadata", "resourceVersion"])
    }
  }

  @Test func pagesFromTheStoreAreFullWhereFewMatch() async throws {
    try await TestAPIServer.with { api in
      // More than are read from the store at a time lie between those that match.
      let between = (0..<2_100).map { "m\($0)" }
      try await Self.fill(api, ["a", "b"] + between + ["z", "zz"])
      let query = "?labelSelector=first%21%3Dm&limit=1"
      var page = try await api.send("GET", Self.maps + query)
      var names = Self.names(page.json)
      _ = try await api.send("DELETE", Self.maps + "/m0")
      while let token = page.json[path: "metadata", "continue"]?.stringValue {
        page = try await api.send("GET", Self.maps + query + "&continue=" + token)
        names += Self.names(page.json)
      }
      #expect(names == ["a", "b", "z", "zz"])
      let all = try await api.send("GET", Self.maps + "?limit=1")
      let token = try #require(all.json[path: "metadata", "continue"]?.stringValue)
      _ = try await api.send("DELETE", Self.maps + "/m1")
      let second = try await api.send("GET", Self.maps + "?limit=1&continue=" + token)
      #expect(Self.names(second.json) == ["b"])
      #expect(second.json[path: "metadata", "remainingItemCount"] == 2_101)
    }
  }

  @Test func listsAtVersions() async throws {
    try await TestAPIServer.with { api in
      try await Self.fill(api, ["a"])
      let version = try await api.send("GET", Self.maps).json[path: "metadata", "resourceVersion"]?.stringValue ?? ""
      try await Self.fill(api, ["b"])
      let old = try await api.send("GET", Self.maps + "?resourceVersionMatch=Exact&resourceVersion=" + version)
      #expect(Self.names(old.json) == ["a"])
      let newer = try await api.send("GET", Self.maps + "?resourceVersionMatch=NotOlderThan&resourceVersion=" + version)
      #expect(Self.names(newer.json) == ["a", "b"])
      #expect(Self.names(try await api.send("GET", Self.maps + "?resourceVersion=0").json) == ["a", "b"])
      let future = try await api.send("GET", Self.maps + "?resourceVersion=999999")
      #expect(future.status == 504)
      #expect(future.json[path: "details", "causes"]?.arrayValue?.first?["reason"] == "ResourceVersionTooLarge")
      #expect(try await api.send("GET", Self.maps + "?resourceVersion=x").status == 400)
    }
  }

  @Test func selectorsChoose() async throws {
    try await TestAPIServer.with { api in
      try await Self.fill(api, ["apple", "avocado", "banana"])
      let query = Self.maps + "?labelSelector="
      #expect(Self.names(try await api.send("GET", query + "first%3Da").json) == ["apple", "avocado"])
      #expect(Self.names(try await api.send("GET", query + "first+notin+(a)").json) == ["banana"])
      #expect(
        Self.names(try await api.send("GET", Self.maps + "?fieldSelector=metadata.name%3Dbanana").json) == ["banana"])
      let all = try await api.send("GET", "/api/v1/configmaps?fieldSelector=metadata.namespace%3Ddefault")
      #expect(Self.names(all.json).count == 3)
      #expect(
        Self.names(try await api.send("GET", "/api/v1/configmaps?fieldSelector=metadata.name%3Dapple").json)
          == ["apple"])
    }
  }

  @Test func watchGoesOnFromAList() async throws {
    try await TestAPIServer.with { api in
      try await Self.fill(api, ["a"])
      let list = try await api.send("GET", Self.maps)
      let version = list.json[path: "metadata", "resourceVersion"]?.stringValue ?? ""
      try await Self.fill(api, ["b"])
      let watch = try await WatchReader(api, Self.maps + "?watch=1&resourceVersion=" + version)
      _ = try await api.send(
        "PATCH", Self.maps + "/a", ["data": ["k": "v"]], type: "application/merge-patch+json")
      _ = try await api.send("DELETE", Self.maps + "/b")
      // Another namespace is not watched.
      _ = try await api.send("POST", "/api/v1/namespaces/kube-system/configmaps", TestAPIServer.configMap("x"))
      try await Self.fill(api, ["c"])
      let events = try await watch.next(4)
      #expect(events.map(\.type) == ["ADDED", "MODIFIED", "DELETED", "ADDED"])
      #expect(events.compactMap { $0.object[path: "metadata", "name"]?.stringValue } == ["b", "a", "b", "c"])
      let versions = events.compactMap { $0.object[path: "metadata", "resourceVersion"]?.stringValue }.compactMap {
        Int($0)
      }
      #expect(versions == versions.sorted() && versions.count == 4)
      #expect(events[1].object[path: "data", "k"] == "v")
    }
  }

  @Test func watchFromBeforeTheServerStartedReadsTheStore() async throws {
    let store = try SQLiteStore(.memory)
    let first = try APIServer(store: store, logger: Logger(label: "test"))
    try await first.start()
    let client = KubeClient(transport: first.transport(), logger: Logger(label: "test"))
    _ = try await client.create(Namespace("default"))
    let version = try await client.list(ConfigMap.self).resourceVersion
    var map = try await client.create(ConfigMap("a", in: "default") { $0.metadata.labels = ["in": "yes"] })
    map.metadata.labels = [:]
    _ = try await client.update(map)
    await first.stop()
    let second = try APIServer(store: store, logger: Logger(label: "test"))
    try await second.start()
    let response = await second.handle(
      KubeRequest(
        method: "GET", path: Self.maps,
        query: [("watch", "1"), ("resourceVersion", version), ("labelSelector", "in=yes"), ("timeoutSeconds", "1")]),
      user: .loopback)
    guard case .stream(let stream) = response.body else {
      Issue.record("no stream: \(response.status)")
      return
    }
    var types: [String] = []
    for try await part in stream {
      for line in String(buffer: part).split(separator: "\n") {
        types.append(try JSONValue(parsing: String(line))["type"]?.stringValue ?? "")
      }
    }
    #expect(types == ["ADDED", "DELETED"])
    await second.stop()
    await store.close()
  }

  @Test func objectsEnterAndLeaveASelection() async throws {
    try await TestAPIServer.with { api in
      let watch = try await WatchReader(api, Self.maps + "?watch=1&labelSelector=in%3Dyes")
      let merge = "application/merge-patch+json"
      func label(_ value: JSONValue) async throws {
        _ = try await api.send("PATCH", Self.maps + "/a", ["metadata": ["labels": ["in": value]]], type: merge)
      }
      _ = try await api.send("POST", Self.maps, TestAPIServer.configMap("a", ["k": "v"]))
      try await label("yes")
      try await label("no")
      try await label("yes")
      _ = try await api.send("DELETE", Self.maps + "/a")
      let events = try await watch.next(4)
      #expect(events.map(\.type) == ["ADDED", "DELETED", "ADDED", "DELETED"])
      // It goes as it was last seen, at the version at which it left.
      #expect(events[1].object[path: "metadata", "labels", "in"] == "yes")
      let left = events[1].object[path: "metadata", "resourceVersion"]?.stringValue.flatMap { Int($0) } ?? 0
      let entered = events[2].object[path: "metadata", "resourceVersion"]?.stringValue.flatMap { Int($0) } ?? 0
      #expect(left == entered - 1)
    }
  }

  @Test func watchListEndsItsFirstPartWithABookmark() async throws {
    try await TestAPIServer.with { api in
      try await Self.fill(api, ["a", "b"])
      let uri =
        Self.maps + "?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
      let watch = try await WatchReader(api, uri)
      let events = try await watch.next(3)
      #expect(events.map(\.type) == ["ADDED", "ADDED", "BOOKMARK"])
      let bookmark = events[2].object
      #expect(bookmark["kind"] == "ConfigMap")
      #expect(bookmark[path: "metadata", "annotations", "k8s.io/initial-events-end"] == "true")
      #expect(bookmark[path: "metadata", "resourceVersion"] == .string(String(try await api.store.currentRevision())))
      #expect(try await api.send("GET", Self.maps + "?watch=1&sendInitialEvents=true").status == 400)
    }
  }

  @Test func watchesEndInTime() async throws {
    try await TestAPIServer.with { api in
      let start = ContinuousClock.now
      let ended = try await api.send("GET", Self.maps + "?watch=1&timeoutSeconds=1")
      #expect(ended.status == 200)
      #expect(ended.text.isEmpty)
      #expect(.now - start >= .seconds(1))
      try await api.store.compact(through: try await api.store.currentRevision())
      let server = try APIServer(store: api.store, logger: Logger(label: "test"))
      try await server.start()
      let old = await server.handle(
        KubeRequest(method: "GET", path: Self.maps, query: [("watch", "1"), ("resourceVersion", "1")]), user: .loopback)
      #expect(old.status == 410)
      await server.stop()
    }
  }

  @Test func aSlowWatcherIsCutAndTheOthersAreNot() async throws {
    try await TestAPIServer.with { api in
      let cache = api.server.cache
      let slow = try await cache.watch("configmaps", WatchRequest(start: .now))
      let quick = try await cache.watch("configmaps", WatchRequest(start: .now))
      let made = try await api.store.create("configmaps/default/a", ObjectEncoding.stored(["metadata": ["name": "a"]]))
      var revision = made
      var seen = 0
      for _ in 0..<(WatchBuffer.capacity + 10) {
        revision = try await api.store.update(
          "configmaps/default/a", ObjectEncoding.stored(["metadata": ["name": "a"]]), expected: revision)
        if seen % 1_000 == 0 { seen += try await #require(quick.next()).count } else { seen += 1 }
      }
      #expect(await slow.next() == nil)
      #expect(await quick.next() != nil)
    }
  }

  @Test func tablesAndMetadataHaveTheirForms() async throws {
    try await TestAPIServer.with { api in
      try await Self.fill(api, ["a", "b"])
      let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
      let table = try await api.send("GET", Self.maps, accept: accept)
      #expect(table.json["kind"] == "Table")
      #expect(
        table.json["columnDefinitions"]?.arrayValue?.compactMap { $0["name"]?.stringValue } == ["Name", "Data", "Age"])
      #expect(table.json["rows"]?.arrayValue?.count == 2)
      let one = try await api.send("GET", Self.maps + "/a", accept: accept)
      #expect(one.json["rows"]?.arrayValue?.first?["cells"]?.arrayValue?.first == "a")
      let watch = try await WatchReader(api, Self.maps + "?watch=1", accept: accept)
      let events = try await watch.next(2)
      #expect(events[0].object["columnDefinitions"]?.arrayValue?.count == 3)
      #expect(events[1].object["columnDefinitions"]?.arrayValue?.isEmpty ?? false)
      let partial = try await api.send(
        "GET", Self.maps, accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io")
      #expect(partial.json["kind"] == "PartialObjectMetadataList")
      #expect(partial.json["items"]?.arrayValue?.first?["data"] == nil)
    }
  }

  @Test func discoveryAndOpenAPIAnswer() async throws {
    try await TestAPIServer.with { api in
      #expect(try await api.send("GET", "/api").json["versions"] == ["v1"])
      #expect(try await api.send("GET", "/apis").json["groups"]?.arrayValue?.isEmpty == false)
      let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
      let aggregated = try await api.send("GET", "/apis", accept: accept)
      #expect(aggregated.json["kind"] == "APIGroupDiscoveryList")
      #expect(
        aggregated.header("content-type") == "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
      let index = try await api.send("GET", "/openapi/v3")
      #expect(index.json[path: "paths", "api/v1"] != nil)
      let core = try await api.send("GET", "/openapi/v3/api/v1")
      #expect(core.json[path: "components", "schemas"] != nil)
      let etag = try #require(core.header("etag"))
      var request = api.request("GET", "/openapi/v3/api/v1")
      request.headers.append((name: "If-None-Match", value: etag))
      #expect(await api.server.handle(request, user: .loopback).status == 304)
      let binary = try await api.send(
        "GET", "/openapi/v2", accept: "application/com.github.proto-openapi.spec.v2@v1.0+protobuf")
      #expect(binary.header("content-type") == "application/com.github.proto-openapi.spec.v2.v1.0+protobuf")
      #expect(try await api.send("GET", "/openapi/v2").json["swagger"] == "2.0")
      #expect(try await api.send("GET", "/metrics").text.contains("apiserver_request_total"))
    }
  }
}
