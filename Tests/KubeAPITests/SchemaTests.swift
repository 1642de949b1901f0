import KubeAPI
import Testing

@Suite struct SchemaTests {
  let schema = Schema.builtin

  @Test func findsMessages() throws {
    let pod = try #require(schema.message(GroupVersionKind(group: "", version: "v1", kind: "Pod")))
    #expect(pod.name == "core.v1.Pod")
    #expect(pod.package == "core.v1")
    #expect(pod.isTopLevel)
    let spec = try #require(pod.field("spec").flatMap { schema.message($0.kind) })
    #expect(spec.name == "core.v1.PodSpec")
    #expect(!spec.isTopLevel)
    let containers = try #require(spec.field("containers"))
    #expect(containers.shape == .list)
    #expect(containers.isRequired)
    #expect(containers.listType == .map(keys: ["name"]))
    #expect(containers.patchMergeKey == "name")
    #expect(containers.patchStrategy == [.merge])
    #expect(schema.message(named: "apps.v1.DeploymentList")?.isTopLevel == true)
    #expect(schema.message(of: ["apiVersion": "apps/v1", "kind": "Deployment"])?.name == "apps.v1.Deployment")
  }

  @Test func inlineFieldsStandInTheParent() throws {
    let probe = try #require(schema.message(named: "core.v1.Probe"))
    #expect(probe.field("handler") == nil)
    #expect(probe.field("httpGet") != nil)
    let volume = try #require(schema.message(named: "core.v1.Volume"))
    #expect(volume.field("configMap") != nil)
    #expect(schema.message(named: "authentication.v1.ExtraValue")?.isBareList == true)
  }

  @Test func resources() throws {
    let deployments = try #require(schema.resource(group: "apps", version: "v1", resource: "deployments"))
    #expect(deployments.shortNames == ["deploy"])
    #expect(deployments.categories == ["all"])
    #expect(deployments.subresource("scale")?.groupVersionKind.group == "autoscaling")
    #expect(deployments.groupResource == "deployments.apps")
    let onlyPods = schema.serving { resource, subresource in
      resource.name == "pods" && (subresource == nil || subresource == "status")
    }
    #expect(onlyPods.resources.map(\.name) == ["pods"])
    #expect(onlyPods.resources[0].subresources.map(\.name) == ["status"])
  }

  @Test func refusesBrokenDefinitions() {
    for text in [
      "message A\n  x", "package p.v1\nmessage A\n  x 1 B", "  x 1 string", "nonsense A",
      "package p.v1\nmessage A\n  x 1 string list=other", "package p.v1\nmessage A\nmessage A",
    ] {
      #expect(throws: SchemaDefinitionError.self, "\(text)") { try Schema(definitions: [text], resources: "") }
    }
    #expect(throws: SchemaDefinitionError.self) {
      try Schema(definitions: [], resources: "group v1\nnamespaced pods pod Pod")
    }
  }
}
