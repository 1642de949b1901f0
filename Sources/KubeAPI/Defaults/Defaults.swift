/// The defaults that follow from other fields.
enum Defaults {
  /// Completes an object of a message, whose own fields and inner objects have their plain defaults.
  static func complete(_ object: inout JSONObject, _ message: String) {
    switch message {
    case "core.v1.Container", "core.v1.EphemeralContainer":
      if object["imagePullPolicy"] == nil, let image = object["image"]?.stringValue {
        object["imagePullPolicy"] = .string(pullPolicy(image))
      }
    case "core.v1.ImageVolumeSource":
      if object["pullPolicy"] == nil, let image = object["reference"]?.stringValue {
        object["pullPolicy"] = .string(pullPolicy(image))
      }
    case "core.v1.PodSpec":
      // The two names of the account say the same.
      if let name = object["serviceAccountName"] ?? object["serviceAccount"] {
        object["serviceAccountName"] = name
        object["serviceAccount"] = name
      }
    case "core.v1.Volume":
      if object.count == 1, object["name"] != nil { object["emptyDir"] = [:] }
    case "apps.v1.DeploymentStrategy":
      if object["type"] == "RollingUpdate" {
        var update = object["rollingUpdate"] ?? [:]
        if update["maxUnavailable"] == nil { update["maxUnavailable"] = "25%" }
        if update["maxSurge"] == nil { update["maxSurge"] = "25%" }
        object["rollingUpdate"] = update
      }
    default: break
    }
  }

  /// `Always` for an image without a tag or with the tag `latest`, `IfNotPresent` for all others.
  static func pullPolicy(_ image: String) -> String {
    if image.isEmpty { return "IfNotPresent" }
    let digest = image.firstIndex(of: "@")
    let name = digest.map { image[..<$0] } ?? image[...]
    let last = name.lastIndex(of: "/").map { name[name.index(after: $0)...] } ?? name
    guard let colon = last.firstIndex(of: ":") else { return digest == nil ? "Always" : "IfNotPresent" }
    return last[last.index(after: colon)...] == "latest" ? "Always" : "IfNotPresent"
  }

  /// Amounts of resources are whole thousandths, in canonical form.
  static func roundQuantities(_ value: inout JSONValue) {
    guard case .object(var object) = value else { return }
    value = .null
    object.updateValues { _, member in
      if let amount = Quantity(jsonValue: member)?.amount { member = Quantity(amount.roundedToMilli).jsonValue }
    }
    value = .object(object)
  }

  static func pod(_ pod: inout JSONValue) {
    guard var spec = pod["spec"] else { return }
    pod["spec"] = nil
    if spec["enableServiceLinks"] == nil { spec["enableServiceLinks"] = true }
    let isHostNetwork = spec["hostNetwork"]?.boolValue == true
    for list in ["containers", "initContainers", "ephemeralContainers"] {
      guard var containers = spec[list]?.arrayValue else { continue }
      spec[list] = nil
      for index in containers.indices {
        requestsFromLimits(&containers[index])
        if isHostNetwork { hostPorts(&containers[index]) }
      }
      spec[list] = .array(containers)
    }
    pod["spec"] = spec
  }

  private static func requestsFromLimits(_ container: inout JSONValue) {
    guard let limits = container[path: "resources", "limits"]?.objectValue, !limits.isEmpty else { return }
    var requests = container[path: "resources", "requests"]?.objectValue ?? JSONObject()
    for (name, amount) in limits where !requests.contains(name) { requests[name] = amount }
    container["resources"]?["requests"] = .object(requests)
  }

  private static func hostPorts(_ container: inout JSONValue) {
    guard var ports = container["ports"]?.arrayValue else { return }
    for index in ports.indices where ports[index]["hostPort"]?.integerValue ?? 0 == 0 {
      ports[index]["hostPort"] = ports[index]["containerPort"]
    }
    container["ports"] = .array(ports)
  }

  static func namespace(_ namespace: inout JSONValue) {
    if namespace[path: "status", "phase"] == nil { namespace["status"] = ["phase": "Active"] }
    guard let name = namespace[path: "metadata", "name"]?.stringValue, !name.isEmpty else { return }
    var labels = namespace[path: "metadata", "labels"] ?? [:]
    labels["kubernetes.io/metadata.name"] = .string(name)
    namespace["metadata"]?["labels"] = labels
  }

  static func node(_ node: inout JSONValue) {
    if let capacity = node[path: "status", "capacity"], node[path: "status", "allocatable"] == nil {
      node["status"]?["allocatable"] = capacity
    }
  }

  /// Ingress is restricted unless something else is said, egress where there are rules for it.
  static func networkPolicy(_ policy: inout JSONValue) {
    guard policy[path: "spec", "policyTypes"]?.arrayValue ?? [] == [] else { return }
    let hasEgress = policy[path: "spec", "egress"]?.arrayValue?.isEmpty == false
    var spec = policy["spec"] ?? [:]
    spec["policyTypes"] = hasEgress ? ["Ingress", "Egress"] : ["Ingress"]
    policy["spec"] = spec
  }

  /// What was given as text goes into the data.
  static func secret(_ secret: inout JSONValue) {
    guard let texts = secret["stringData"]?.objectValue else { return }
    var data = secret["data"] ?? [:]
    for (key, text) in texts {
      if let text = text.stringValue { data[key] = Base64Data(text.utf8).jsonValue }
    }
    secret["stringData"] = nil
    if data.objectValue?.isEmpty == false { secret["data"] = data }
  }

  static func service(_ service: inout JSONValue) {
    var spec = service["spec"] ?? ["type": "ClusterIP", "sessionAffinity": "None"]
    service["spec"] = nil
    let type = spec["type"]?.stringValue ?? "ClusterIP"
    if spec["sessionAffinity"] == "ClientIP", spec[path: "sessionAffinityConfig", "clientIP", "timeoutSeconds"] == nil {
      spec["sessionAffinityConfig"] = ["clientIP": ["timeoutSeconds": 10_800]]
    }
    if spec["sessionAffinity"] == "None" { spec["sessionAffinityConfig"] = nil }
    if var ports = spec["ports"]?.arrayValue {
      for index in ports.indices where Self.isUnset(ports[index]["targetPort"]) {
        ports[index]["targetPort"] = ports[index]["port"]
      }
      spec["ports"] = .array(ports)
    }
    let isExternal =
      type == "NodePort" || type == "LoadBalancer"
      || type == "ClusterIP" && spec["externalIPs"]?.arrayValue?.isEmpty == false
    if isExternal, spec["externalTrafficPolicy"] == nil { spec["externalTrafficPolicy"] = "Cluster" }
    if type != "ExternalName", spec["internalTrafficPolicy"] == nil { spec["internalTrafficPolicy"] = "Cluster" }
    if type == "LoadBalancer" {
      if spec["allocateLoadBalancerNodePorts"] == nil { spec["allocateLoadBalancerNodePorts"] = true }
      if var ingress = service[path: "status", "loadBalancer", "ingress"]?.arrayValue {
        for index in ingress.indices where ingress[index]["ip"] != nil && ingress[index]["ipMode"] == nil {
          ingress[index]["ipMode"] = "VIP"
        }
        service["status"]?["loadBalancer"]?["ingress"] = .array(ingress)
      }
    }
    service["spec"] = spec
  }

  private static func isUnset(_ port: JSONValue?) -> Bool {
    switch port {
    case nil, .integer(0), .string(""): true
    default: false
    }
  }
}
