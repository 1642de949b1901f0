import KubeAPI
import KubeClientTesting
import Testing

@testable import KubeClient

@Suite struct KubeClientTests {
  let api = FakeAPI()
  let key = ObjectKey(namespace: "a", name: "web")

  @Test func createsReadsChangesAndDeletes() async throws {
    let client = api.client
    let created = try await client.create(Pod("web", in: "a") { $0.spec.nodeName = "n" })
    #expect(created.metadata.uid != nil)
    #expect(try await client.get(Pod.self, key) == created)
    var stale = created
    var changed = created
    changed.metadata.labels = ["x": "y"]
    let updated = try await client.update(changed)
    #expect(updated.metadata.labels == ["x": "y"])
    stale.metadata.labels = ["x": "z"]
    let conflict = await #expect(throws: APIError.self) { try await client.update(stale) }
    #expect(conflict?.isConflict == true)
    #expect(conflict?.isAlreadyExists == false)
    let again = await #expect(throws: APIError.self) { try await client.create(Pod("web", in: "a")) }
    #expect(again?.isAlreadyExists == true)

    let patched = try await client.patch(
      Pod.self, key, subresource: "status", as: .merge, ["status": ["phase": "Running"]])
    #expect(patched.status.phase == "Running")
    #expect(patched.metadata.labels == ["x": "y"])
    try await client.delete(Pod.self, key)
    // It runs on a node: the kubelet has the last word.
    #expect(try await client.get(Pod.self, key).metadata.deletionTimestamp != nil)
    try await client.delete(Pod.self, key, options: DeleteOptions { $0.gracePeriodSeconds = 0 })
    let gone = await #expect(throws: APIError.self) { try await client.get(Pod.self, key) }
    #expect(gone?.isNotFound == true)
  }

  @Test func bindsAPod() async throws {
    let client = api.client
    _ = try await client.create(Pod("web", in: "a"))
    let binding = Binding("web", in: "a") { $0.target = ObjectReference { $0.name = "node-1" } }
    _ = try await client.createSubresource(Pod.resource, key, subresource: "binding", body: binding)
    #expect(try await client.get(Pod.self, key).spec.nodeName == "node-1")
    let twice = await #expect(throws: APIError.self) {
      try await client.createSubresource(Pod.resource, key, subresource: "binding", body: binding)
    }
    #expect(twice?.isConflict == true)
  }

  @Test func preconditionsGuardADeletion() async throws {
    let client = api.client
    _ = try await client.create(ConfigMap("web", in: "a"))
    let options = DeleteOptions { $0.preconditions = Preconditions { $0.uid = "another" } }
    let refused = await #expect(throws: APIError.self) {
      try await client.delete(ConfigMap.self, key, options: options)
    }
    #expect(refused?.isConflict == true)
    #expect(api.stored(ConfigMap.self, key) != nil)
  }

  @Test func readsAnErrorThatIsNoStatus() {
    let error = APIError(code: 502, body: "bad gateway".utf8)
    #expect(error.message == "bad gateway")
    #expect(error.isTransient)
    #expect(APIError(code: 404, body: [UInt8]()).reason == "NotFound")
  }

  @Test(arguments: [
    ("https://a", "https://a:443"), ("http://a:80/", "http://a:80"), ("a:1", "https://a:1"),
    ("https://[::1]:6443/x/", "https://[::1]:6443/x"), ("https://u@a", nil), ("https://", nil), ("unix:///x", nil),
    ("https://a:0", nil),
  ]) func readsServerURLs(text: String, url: String?) {
    #expect(ServerURL(text)?.text == url)
  }
}
