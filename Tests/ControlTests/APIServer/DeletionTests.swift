import KubeAPI
import Testing

@testable import Control

/// What deleting does: at once, after a while, or never.
@Suite struct DeletionTests {
  static let maps = "/api/v1/namespaces/default/configmaps"
  static let pods = "/api/v1/namespaces/default/pods"
  static let merge = "application/merge-patch+json"

  @Test func plainObjectsGoAtOnce() async throws {
    try await TestAPIServer.with { api in
      let made = try await api.send("POST", Self.maps, TestAPIServer.configMap("a"))
      let deleted = try await api.send("DELETE", Self.maps + "/a")
      #expect(deleted.status == 200)
      #expect(deleted.json["status"] == "Success")
      #expect(deleted.json[path: "details", "uid"] == made.json[path: "metadata", "uid"])
      #expect(try await api.send("DELETE", Self.maps + "/a").status == 404)
    }
  }

  @Test func preconditionsAreChecked() async throws {
    try await TestAPIServer.with { api in
      _ = try await api.send("POST", Self.maps, TestAPIServer.configMap("a"))
      let wrong = try await api.send("DELETE", Self.maps + "/a", ["preconditions": ["uid": "other"]])
      #expect(wrong.status == 409)
      #expect(wrong.json["message"]?.stringValue?.contains("Precondition failed: UID in precondition: other") ?? false)
      let version = try await api.send("DELETE", Self.maps + "/a", ["preconditions": ["resourceVersion": "1"]])
      #expect(version.status == 409)
      #expect(try await api.send("DELETE", Self.maps + "/a?propagationPolicy=Sideways").status == 422)
      #expect(try await api.send("GET", Self.maps + "/a").status == 200)
    }
  }

  @Test func finalizersHoldAnObject() async throws {
    try await TestAPIServer.with { api in
      var map = TestAPIServer.configMap("a")
      map["metadata"]?["finalizers"] = ["example.com/hold"]
      _ = try await api.send("POST", Self.maps, map)
      let marked = try await api.send("DELETE", Self.maps + "/a")
      #expect(marked.json[path: "metadata", "deletionTimestamp"]?.stringValue != nil)
      let again = try await api.send("DELETE", Self.maps + "/a")
      #expect(again.json[path: "metadata", "resourceVersion"] == marked.json[path: "metadata", "resourceVersion"])
      let released = try await api.send(
        "PATCH", Self.maps + "/a", ["metadata": ["finalizers": nil]], type: Self.merge)
      #expect(released.status == 200)
      #expect(try await api.send("GET", Self.maps + "/a").status == 404)
    }
  }

  @Test func foregroundDeletionWaitsForTheCollector() async throws {
    try await TestAPIServer.with { api in
      _ = try await api.send("POST", Self.maps, TestAPIServer.configMap("a"))
      let marked = try await api.send("DELETE", Self.maps + "/a", ["propagationPolicy": "Foreground"])
      #expect(marked.json[path: "metadata", "finalizers"] == ["foregroundDeletion"])
      let orphaned = try await api.send("DELETE", Self.maps + "/a", ["propagationPolicy": "Orphan"])
      #expect(orphaned.json[path: "metadata", "finalizers"] == ["orphan"])
    }
  }

  @Test func podsOnANodeWaitForTheirKubelet() async throws {
    try await TestAPIServer.with { api in
      _ = try await api.send("POST", Self.pods, TestAPIServer.pod("p") { $0.spec.nodeName = "node-1" })
      let marked = try await api.send("DELETE", Self.pods + "/p")
      #expect(marked.json[path: "metadata", "deletionGracePeriodSeconds"] == 30)
      let shorter = try await api.send("DELETE", Self.pods + "/p?gracePeriodSeconds=5")
      #expect(shorter.json[path: "metadata", "deletionGracePeriodSeconds"] == 5)
      let longer = try await api.send("DELETE", Self.pods + "/p?gracePeriodSeconds=60")
      #expect(longer.json[path: "metadata", "deletionGracePeriodSeconds"] == 5)
      let status = try await api.send(
        "PATCH", Self.pods + "/p/status", ["status": ["phase": "Running"]], type: Self.merge)
      #expect(status.status == 200)
      // The kubelet confirms.
      let gone = try await api.send("DELETE", Self.pods + "/p", ["gracePeriodSeconds": 0])
      #expect(gone.status == 200)
      #expect(try await api.send("GET", Self.pods + "/p").status == 404)
      // A pod that runs nowhere needs no confirmation.
      _ = try await api.send("POST", Self.pods, TestAPIServer.pod("q"))
      _ = try await api.send("DELETE", Self.pods + "/q")
      #expect(try await api.send("GET", Self.pods + "/q").status == 404)
    }
  }

  @Test func collectionsAreDeletedBySelector() async throws {
    try await TestAPIServer.with { api in
      for name in ["a", "b", "c"] {
        let labels = ["kind": name == "c" ? "keep" : "drop"]
        _ = try await api.send("POST", Self.maps, TestAPIServer.configMap(name, labels: labels))
      }
      let deleted = try await api.send("DELETE", Self.maps + "?labelSelector=kind%3Ddrop")
      #expect(deleted.json["items"]?.arrayValue?.count == 2)
      let left = try await api.send("GET", Self.maps)
      #expect(left.json["items"]?.arrayValue?.compactMap { $0[path: "metadata", "name"]?.stringValue } == ["c"])
    }
  }

  @Test func namespacesEmptyBeforeTheyGo() async throws {
    try await TestAPIServer.with { api in
      let made = try await api.send("POST", "/api/v1/namespaces", Namespace("work").json)
      #expect(made.json[path: "spec", "finalizers"] == ["kubernetes"])
      #expect(made.json[path: "status", "phase"] == "Active")
      #expect(made.json[path: "metadata", "labels", "kubernetes.io/metadata.name"] == "work")
      let marked = try await api.send("DELETE", "/api/v1/namespaces/work")
      #expect(marked.json[path: "status", "phase"] == "Terminating")
      let refused = try await api.send("POST", "/api/v1/namespaces/work/configmaps", TestAPIServer.configMap("a"))
      #expect(refused.status == 403)
      #expect(refused.json[path: "details", "causes"]?.arrayValue?.first?["reason"] == "NamespaceTerminating")
      var final = marked.json
      final["spec"]?["finalizers"] = []
      #expect(try await api.send("PUT", "/api/v1/namespaces/work/finalize", final).status == 200)
      #expect(try await api.send("GET", "/api/v1/namespaces/work").status == 404)
      let lasting = try await api.send("DELETE", "/api/v1/namespaces/default")
      #expect(lasting.status == 403)
      #expect(lasting.json["message"] == #"namespaces "default" is forbidden: this namespace may not be deleted"#)
    }
  }

  @Test func evictionDeletesAndBindingBinds() async throws {
    try await TestAPIServer.with { api in
      _ = try await api.send("POST", Self.pods, TestAPIServer.pod("p"))
      let binding: JSONValue = ["metadata": ["name": "p"], "target": ["kind": "Node", "name": "node-1"]]
      let bound = try await api.send("POST", Self.pods + "/p/binding", binding)
      #expect(bound.status == 201, "\(bound.text)")
      let pod = Pod(json: try await api.send("GET", Self.pods + "/p").json)
      #expect(pod.spec.nodeName == "node-1")
      #expect(pod.status.conditions.first?.type == "PodScheduled")
      #expect(pod.status.phase == "Pending")
      let twice = try await api.send("POST", Self.pods + "/p/binding", binding)
      #expect(twice.status == 409)
      let evicted = try await api.send("POST", Self.pods + "/p/eviction", ["metadata": ["name": "p"]])
      #expect(evicted.status == 201, "\(evicted.text)")
      #expect(
        try await api.send("GET", Self.pods + "/p").json[path: "metadata", "deletionTimestamp"]?.stringValue != nil)
    }
  }

  @Test func podsGetWhatTheyNeed() async throws {
    try await TestAPIServer.with { api in
      let pod = Pod(json: try await api.send("POST", Self.pods, TestAPIServer.pod("p")).json)
      #expect(pod.spec.serviceAccountName == "default")
      #expect(pod.status.phase == "Pending")
      #expect(pod.status.qosClass == "BestEffort")
      let tolerations = pod.spec.tolerations
      #expect(
        tolerations.compactMap(\.key) == ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"])
      #expect(tolerations.allSatisfy { $0.tolerationSeconds == 300 && $0.effect == "NoExecute" })
      let refused = try await api.send(
        "POST", Self.pods, TestAPIServer.pod("q") { $0.spec.serviceAccountName = "missing" })
      #expect(refused.status == 403)
      let guaranteed = TestAPIServer.pod("r") {
        $0.spec.containers[0].json["resources"] = ["limits": ["cpu": "1", "memory": "1Gi"]]
      }
      #expect(
        try await api.send("POST", Self.pods, guaranteed).json[path: "status", "qosClass"] == "Guaranteed")
    }
  }
}
