import KubeAPI
import Testing

@Suite struct DefaultsTests {
  let schema = Schema.builtin

  private func defaulted(_ name: String, _ text: String) throws -> JSONValue {
    let message = try #require(schema.message(named: name))
    var value = try schema.decode(try JSONValue(parsing: text), as: message).value
    schema.applyDefaults(to: &value, as: message)
    let once = value
    schema.applyDefaults(to: &value, as: message)
    #expect(value == once, "defaulting is idempotent")
    return value
  }

  @Test func pod() throws {
    let pod = try defaulted(
      "core.v1.Pod",
      #"{"spec":{"serviceAccount":"sa","volumes":[{"name":"v"},{"name":"c","configMap":{"name":"m"}}],"containers":[{"name":"a","image":"web","ports":[{"containerPort":80}],"resources":{"limits":{"cpu":"0.5"}},"livenessProbe":{"httpGet":{"port":80}}}],"initContainers":[{"name":"i","image":"reg:5000/x:v1"}]}}"#
    )
    let spec = try #require(pod["spec"])
    #expect(spec["restartPolicy"] == "Always")
    #expect(spec["dnsPolicy"] == "ClusterFirst")
    #expect(spec["terminationGracePeriodSeconds"] == 30)
    #expect(spec["schedulerName"] == "default-scheduler")
    #expect(spec["securityContext"] == [:])
    #expect(spec["enableServiceLinks"] == true)
    #expect(spec["serviceAccountName"] == "sa")
    #expect(
      spec["volumes"] == [
        ["name": "v", "emptyDir": [:]], ["name": "c", "configMap": ["name": "m", "defaultMode": 420]],
      ])
    let container = try #require(spec["containers"]?.arrayValue?.first)
    #expect(container["imagePullPolicy"] == "Always")
    #expect(container["terminationMessagePath"] == "/dev/termination-log")
    #expect(container["ports"] == [["containerPort": 80, "protocol": "TCP"]])
    #expect(container["resources"] == ["limits": ["cpu": "500m"], "requests": ["cpu": "500m"]])
    let probe: JSONValue = [
      "httpGet": ["port": 80, "path": "/", "scheme": "HTTP"], "timeoutSeconds": 1, "periodSeconds": 10,
      "successThreshold": 1, "failureThreshold": 3,
    ]
    #expect(container["livenessProbe"] == probe)
    #expect(spec["initContainers"]?.arrayValue?.first?["imagePullPolicy"] == "IfNotPresent")
  }

  @Test func templatesKeepTheirRequests() throws {
    let deployment = try defaulted(
      "apps.v1.Deployment",
      #"{"spec":{"template":{"spec":{"containers":[{"name":"a","image":"i@sha256:00","resources":{"limits":{"memory":"1.5Gi"}}}]}}}}"#
    )
    let container = deployment[path: "spec", "template", "spec", "containers"]?.arrayValue?.first
    #expect(container?["resources"] == ["limits": ["memory": "1536Mi"]])
    #expect(container?["imagePullPolicy"] == "IfNotPresent")
    #expect(deployment[path: "spec", "template", "spec", "enableServiceLinks"] == nil)
    #expect(deployment[path: "spec", "replicas"] == 1)
    #expect(deployment[path: "spec", "revisionHistoryLimit"] == 10)
    #expect(deployment[path: "spec", "progressDeadlineSeconds"] == 600)
    let strategy: JSONValue = ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": "25%", "maxSurge": "25%"]]
    #expect(deployment[path: "spec", "strategy"] == strategy)
    let recreate = try defaulted("apps.v1.Deployment", #"{"spec":{"strategy":{"type":"Recreate"},"replicas":0}}"#)
    #expect(recreate[path: "spec", "strategy"] == ["type": "Recreate"])
    #expect(recreate[path: "spec", "replicas"] == 0)
  }

  @Test func hostNetworkTakesHostPorts() throws {
    let pod = try defaulted(
      "core.v1.Pod", #"{"spec":{"hostNetwork":true,"containers":[{"ports":[{"containerPort":80}]}]}}"#)
    #expect(pod[path: "spec", "containers"]?.arrayValue?.first?["ports"]?.arrayValue?.first?["hostPort"] == 80)
  }

  @Test func service() throws {
    let plain = try defaulted("core.v1.Service", #"{"spec":{"ports":[{"port":80},{"port":81,"targetPort":"web"}]}}"#)
    let expected: JSONValue = [
      "ports": [
        ["port": 80, "protocol": "TCP", "targetPort": 80], ["port": 81, "protocol": "TCP", "targetPort": "web"],
      ], "type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster",
    ]
    #expect(plain["spec"] == expected)
    let balanced = try defaulted("core.v1.Service", #"{"spec":{"type":"LoadBalancer","sessionAffinity":"ClientIP"}}"#)
    #expect(balanced[path: "spec", "externalTrafficPolicy"] == "Cluster")
    #expect(balanced[path: "spec", "allocateLoadBalancerNodePorts"] == true)
    #expect(balanced[path: "spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds"] == 10_800)
    let named = try defaulted("core.v1.Service", #"{"spec":{"type":"ExternalName"}}"#)
    #expect(named[path: "spec", "internalTrafficPolicy"] == nil)
  }

  @Test func others() throws {
    let secret = try defaulted("core.v1.Secret", #"{"stringData":{"a":"x"},"data":{"a":"AA==","b":"AA=="}}"#)
    #expect(secret["data"] == ["a": "eA==", "b": "AA=="])
    #expect(secret["stringData"] == nil)
    #expect(secret["type"] == "Opaque")
    let namespace = try defaulted("core.v1.Namespace", #"{"metadata":{"name":"n"}}"#)
    #expect(namespace[path: "metadata", "labels"] == ["kubernetes.io/metadata.name": "n"])
    #expect(namespace[path: "status", "phase"] == "Active")
    let slice = try defaulted("discovery.v1.EndpointSlice", #"{"ports":[{"port":1}]}"#)
    #expect(slice["ports"] == [["port": 1, "name": "", "protocol": "TCP"]])
    let node = try defaulted("core.v1.Node", #"{"status":{"capacity":{"cpu":"2000m"}}}"#)
    #expect(node[path: "status", "allocatable"] == ["cpu": "2"])
    #expect(try defaulted("apps.v1.ReplicaSet", #"{"spec":{}}"#)[path: "spec", "replicas"] == 1)
    #expect(try defaulted("coordination.v1.Lease", #"{"spec":{}}"#) == ["spec": [:]])
  }

  @Test func networkPoliciesRestrictWhatTheyHaveRulesFor() throws {
    let name = "networking.v1.NetworkPolicy"
    #expect(try defaulted(name, #"{"spec":{"podSelector":{}}}"#)[path: "spec", "policyTypes"] == ["Ingress"])
    let both = try defaulted(name, #"{"spec":{"egress":[{"ports":[{"port":1}]}]}}"#)
    #expect(both[path: "spec", "policyTypes"] == ["Ingress", "Egress"])
    let rule = try #require(both[path: "spec", "egress"]?.arrayValue?.first)
    #expect(rule["ports"] == [["port": 1, "protocol": "TCP"]])
    let said = try defaulted(name, #"{"spec":{"policyTypes":["Egress"]}}"#)
    #expect(said[path: "spec", "policyTypes"] == ["Egress"])
  }
}
