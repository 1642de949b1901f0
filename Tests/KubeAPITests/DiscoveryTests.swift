import KubeAPI
import Testing

@Suite struct DiscoveryTests {
  let discovery = Discovery()

  @Test func versionsAndGroups() {
    let core = discovery.coreVersions(serverAddress: "10.0.0.1:6443")
    #expect(core["versions"] == ["v1"])
    #expect(
      discovery.groups == [
        "apps", "authentication.k8s.io", "authorization.k8s.io", "coordination.k8s.io", "discovery.k8s.io",
        "networking.k8s.io",
      ])
    #expect(discovery.groupList()["groups"]?.arrayValue?.count == 6)
    #expect(discovery.group("apps")?[path: "preferredVersion", "groupVersion"] == "apps/v1")
    #expect(discovery.group("batch") == nil)
  }

  @Test func resourceList() throws {
    let list = try #require(discovery.resourceList(GroupVersion(group: "", version: "v1")))
    let resources = try #require(list["resources"]?.arrayValue)
    let pods = try #require(resources.first { $0["name"] == "pods" })
    #expect(pods["shortNames"] == ["po"])
    #expect(pods["singularName"] == "pod")
    let eviction = try #require(resources.first { $0["name"] == "pods/eviction" })
    #expect(eviction["group"] == "policy")
    #expect(eviction["version"] == "v1")
    #expect(discovery.resourceList(GroupVersion(group: "batch", version: "v1")) == nil)
  }

  @Test(arguments: ["v2", "v2beta1"]) func aggregated(version: String) throws {
    let apis = discovery.aggregated(isCore: false, version: version)
    #expect(apis["apiVersion"]?.stringValue == "apidiscovery.k8s.io/\(version)")
    let apps = try #require(apis["items"]?.arrayValue?.first)
    #expect(apps[path: "metadata", "name"] == "apps")
    let deployments = apps["versions"]?.arrayValue?.first?["resources"]?.arrayValue?.first
    #expect(deployments?["scope"] == "Namespaced")
    #expect(deployments?["subresources"]?.arrayValue?.count == 2)
    let core = discovery.aggregated(isCore: true, version: version)
    #expect(core["items"]?.arrayValue?.count == 1)
  }

  @Test func servesOnlyWhatItIsGiven() {
    let schema = Schema.builtin.serving { resource, _ in resource.group.isEmpty }
    #expect(Discovery(schema).groups.isEmpty)
  }
}
