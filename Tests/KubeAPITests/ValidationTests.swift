import KubeAPI
import Testing

@Suite struct ValidationTests {
  let schema = Schema.builtin

  private func prepared(_ resource: Schema.Resource, _ text: String) throws -> JSONValue {
    let message = try #require(schema.message(resource.groupVersionKind))
    var value = try schema.decode(try JSONValue(parsing: text), as: message).value
    schema.applyDefaults(to: &value, as: message)
    return value
  }

  private func resource(_ name: String) throws -> Schema.Resource {
    try #require(schema.resources.first { $0.name == name })
  }

  private func create(_ name: String, _ text: String) throws -> [String] {
    let resource = try resource(name)
    return Validation.create(try prepared(resource, text), of: resource).map(\.description)
  }

  private func update(_ name: String, _ old: String, _ new: String) throws -> [String] {
    let resource = try resource(name)
    return Validation.update(try prepared(resource, new), from: try prepared(resource, old), of: resource)
      .map(\.description)
  }

  static let goodPod = #"{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"i"}]}}"#
  static let goodDeployment =
    #"{"metadata":{"name":"a"},"spec":{"selector":{"matchLabels":{"app":"x"}},"template":{"metadata":{"labels":{"app":"x"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}"#
  static let goodService = #"{"metadata":{"name":"a"},"spec":{"ports":[{"port":80}]}}"#

  @Test(arguments: [
    ("pods", goodPod), ("deployments", goodDeployment), ("replicasets", goodDeployment), ("services", goodService),
    ("configmaps", #"{"metadata":{"generateName":"a-"},"data":{"a.b_c":"x"}}"#),
    ("secrets", #"{"metadata":{"name":"a"},"type":"kubernetes.io/tls","data":{"tls.crt":"","tls.key":""}}"#),
    ("namespaces", #"{"metadata":{"name":"a"}}"#),
    ("services", #"{"metadata":{"name":"a"},"spec":{"clusterIP":"None"}}"#),
    ("services", #"{"metadata":{"name":"a"},"spec":{"type":"ExternalName","externalName":"a.example."}}"#),
    (
      "endpointslices",
      #"{"metadata":{"name":"a"},"addressType":"IPv4","endpoints":[{"addresses":["10.0.0.1"]}],"ports":[{"port":1}]}"#
    ),
    (
      "endpoints",
      #"{"metadata":{"name":"a"},"subsets":[{"addresses":[{"ip":"10.0.0.1"}],"ports":[{"port":1}]}]}"#
    ),
    ("nodes", #"{"metadata":{"name":"a"},"spec":{"podCIDR":"10.244.0.0/24","podCIDRs":["10.244.0.0/24"]}}"#),
    ("leases", #"{"metadata":{"name":"a"},"spec":{"leaseDurationSeconds":40}}"#),
    ("events", #"{"metadata":{"name":"a","namespace":"n"},"involvedObject":{"namespace":"n"}}"#),
    (
      "pods",
      #"{"metadata":{"name":"a"},"spec":{"volumes":[{"name":"v","emptyDir":{}},{"name":"p","projected":{"sources":[{"serviceAccountToken":{"path":"token"}},{"configMap":{"name":"ca","items":[{"key":"k","path":"p"}]}}]}}],"initContainers":[{"name":"i","image":"i"}],"containers":[{"name":"c","image":"i","ports":[{"name":"http","containerPort":80}],"env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}}],"volumeMounts":[{"name":"v","mountPath":"/v"}],"livenessProbe":{"httpGet":{"port":"http"}},"resources":{"requests":{"cpu":"1"},"limits":{"cpu":"2"}}}],"tolerations":[{"operator":"Exists"}]}}"#
    ),
  ])
  func accepts(name: String, text: String) throws {
    #expect(try create(name, text) == [])
  }

  @Test(arguments: [
    ("pods", #"{"metadata":{"name":"a"},"spec":{}}"#, "spec.containers: Required value"),
    (
      "pods", #"{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c"}]}}"#,
      "spec.containers[0].image: Required value"
    ),
    (
      "pods", #"{"spec":{"containers":[{"name":"c","image":"i"}]}}"#,
      "metadata.name: Required value: name or generateName is required"
    ),
    (
      "pods", #"{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"i"},{"name":"c","image":"i"}]}}"#,
      #"spec.containers[1].name: Duplicate value: "c""#
    ),
    (
      "pods",
      #"{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"i","volumeMounts":[{"name":"v","mountPath":"/"}]}]}}"#,
      #"spec.containers[0].volumeMounts[0].name: Not found: "v""#
    ),
    (
      "pods",
      #"{"metadata":{"name":"a"},"spec":{"restartPolicy":"Sometimes","containers":[{"name":"c","image":"i"}]}}"#,
      #"spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure""#
    ),
    (
      "pods",
      #"{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":70000}]}]}}"#,
      "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive"
    ),
    (
      "pods",
      #"{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"i","resources":{"requests":{"cpu":"2"},"limits":{"cpu":"1"}}}]}}"#,
      #"spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1"#
    ),
    (
      "pods",
      #"{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"a=b"}]}]}}"#,
      #"spec.containers[0].env[0].name: Invalid value: "a=b": a valid environment variable name must consist only of printable ASCII characters other than '='"#
    ),
    (
      "pods",
      #"{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"i","livenessProbe":{}}]}}"#,
      "spec.containers[0].livenessProbe: Required value: must specify a handler type"
    ),
    (
      "pods",
      #"{"metadata":{"name":"a"},"spec":{"volumes":[{"name":"v","configMap":{},"emptyDir":{}}],"containers":[{"name":"c","image":"i"}]}}"#,
      "spec.volumes[0].emptyDir: Forbidden: may not specify more than 1 volume type"
    ),
    (
      "deployments",
      #"{"metadata":{"name":"a"},"spec":{"selector":{"matchLabels":{"app":"x"}},"template":{"metadata":{"labels":{"app":"y"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}"#,
      #"spec.template.metadata.labels: Invalid value: {"app":"y"}: `selector` does not match template `labels`"#
    ),
    (
      "deployments",
      #"{"metadata":{"name":"a"},"spec":{"replicas":-1,"selector":{"matchLabels":{"app":"x"}},"template":{"metadata":{"labels":{"app":"x"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}"#,
      "spec.replicas: Invalid value: -1: must be greater than or equal to 0"
    ),
    (
      "deployments",
      #"{"metadata":{"name":"a"},"spec":{"strategy":{"rollingUpdate":{"maxSurge":0,"maxUnavailable":0}},"selector":{"matchLabels":{"app":"x"}},"template":{"metadata":{"labels":{"app":"x"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}"#,
      "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"
    ),
    ("deployments", #"{"metadata":{"name":"a"},"spec":{"template":{}}}"#, "spec.selector: Required value"),
    ("services", #"{"metadata":{"name":"a"}}"#, "spec.ports: Required value"),
    (
      "services", #"{"metadata":{"name":"1a"},"spec":{"ports":[{"port":80}]}}"#,
      #"metadata.name: Invalid value: "1a": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"#
    ),
    (
      "services", #"{"metadata":{"name":"a"},"spec":{"ports":[{"port":80},{"port":81}]}}"#,
      "spec.ports[0].name: Required value"
    ),
    (
      "services",
      #"{"metadata":{"name":"a"},"spec":{"ports":[{"name":"a","port":80},{"name":"b","port":80}]}}"#,
      #"spec.ports[1]: Duplicate value: {"protocol":"TCP","port":80}"#
    ),
    (
      "services", #"{"metadata":{"name":"a"},"spec":{"ports":[{"port":80,"nodePort":30000}]}}"#,
      "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"
    ),
    (
      "services", #"{"metadata":{"name":"a"},"spec":{"clusterIP":"10.0.0","ports":[{"port":80}]}}"#,
      #"spec.clusterIPs[0]: Invalid value: "10.0.0": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"#
    ),
    (
      "configmaps", #"{"metadata":{"name":"a"},"data":{"a/b":"x"}}"#,
      #"data[a/b]: Invalid value: "a/b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"#
    ),
    ("secrets", #"{"metadata":{"name":"a"},"type":"kubernetes.io/tls"}"#, "data[tls.crt]: Required value"),
    (
      "endpointslices",
      #"{"metadata":{"name":"a"},"addressType":"IPv4","endpoints":[{"addresses":["fd00::1"]}]}"#,
      #"endpoints[0].addresses[0]: Invalid value: "fd00::1": must be a valid IPv4 address"#
    ),
    (
      "endpoints", #"{"metadata":{"name":"a"},"subsets":[{"addresses":[{"ip":"127.0.0.1"}]}]}"#,
      #"subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)"#
    ),
    (
      "configmaps", #"{"metadata":{"name":"a","finalizers":["x"]}}"#,
      #"metadata.finalizers: Invalid value: "x": name is neither a standard finalizer name nor is it fully qualified"#
    ),
    (
      "configmaps", #"{"metadata":{"name":"a","labels":{"a":"-"}}}"#,
      #"metadata.labels: Invalid value: "-": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"#
    ),
    (
      "configmaps", #"{"metadata":{"name":"a","ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p"}]}}"#,
      #"metadata.ownerReferences[0].uid: Invalid value: "": must not be empty"#
    ),
    (
      "nodes", #"{"metadata":{"name":"a"},"spec":{"taints":[{"key":"a","effect":"Never"}]}}"#,
      #"spec.taints[0].effect: Unsupported value: "Never": supported values: "NoExecute", "NoSchedule", "PreferNoSchedule""#
    ),
    (
      "leases", #"{"metadata":{"name":"a"},"spec":{"leaseDurationSeconds":0}}"#,
      "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"
    ),
    (
      "events", #"{"metadata":{"name":"a","namespace":"n"},"involvedObject":{"namespace":"m"}}"#,
      #"involvedObject.namespace: Invalid value: "m": does not match event.namespace"#
    ),
  ])
  func refuses(name: String, text: String, error: String) throws {
    let errors = try create(name, text)
    #expect(errors.contains(error), "\(errors)")
  }

  @Test func longAnnotationsAndData() throws {
    let long = String(repeating: "x", count: 1024 * 1024 + 1)
    #expect(
      try create("configmaps", #"{"metadata":{"name":"a","annotations":{"a":"\#(long)"}}}"#)
        == ["metadata.annotations: Too long: may not be more than 262144 bytes"])
    #expect(
      try create("configmaps", #"{"metadata":{"name":"a"},"data":{"a":"\#(long)"}}"#)
        == ["Too long: may not be more than 1048576 bytes"])
  }

  @Test func updatesOfPods() throws {
    let image = #"{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"j"}]}}"#
    // The policy follows from the tag when it is first defaulted, so it is the same here.
    #expect(try update("pods", Self.goodPod, image) == [])
    let command = #"{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"i","command":["x"]}]}}"#
    #expect(try update("pods", Self.goodPod, command).first?.hasPrefix("spec: Forbidden: pod updates may not") == true)
    let node = #"{"metadata":{"name":"a"},"spec":{"nodeName":"n","containers":[{"name":"c","image":"i"}]}}"#
    #expect(try update("pods", node, Self.goodPod).count == 1)
    let tolerant =
      #"{"metadata":{"name":"a"},"spec":{"tolerations":[{"key":"a"}],"containers":[{"name":"c","image":"i"}]}}"#
    #expect(try update("pods", Self.goodPod, tolerant) == [])
    #expect(try update("pods", tolerant, Self.goodPod).count == 1)
  }

  @Test func updatesOfOthers() throws {
    let other = Self.goodDeployment.split(separator: #""app":"x""#).joined(separator: #""app":"y""#)
    #expect(
      try update("deployments", Self.goodDeployment, other)
        == [#"spec.selector: Invalid value: {"matchLabels":{"app":"y"}}: field is immutable"#])
    func service(_ address: String) -> String {
      #"{"metadata":{"name":"a"},"spec":{"clusterIP":"\#(address)","clusterIPs":["\#(address)"],"ports":[{"port":80}]}}"#
    }
    #expect(
      try update("services", service("10.96.0.1"), service("10.96.0.2"))
        == [#"spec.clusterIPs[0]: Invalid value: ["10.96.0.2"]: may not change once set"#])
    let fixed = #"{"metadata":{"name":"a"},"immutable":true,"data":{"a":"b"}}"#
    let changed = #"{"metadata":{"name":"a"},"immutable":true,"data":{"a":"c"}}"#
    #expect(
      try update("configmaps", fixed, changed)
        == ["data: Forbidden: field is immutable when `immutable` is set"])
    #expect(
      try update("secrets", #"{"metadata":{"name":"a"},"type":"a"}"#, #"{"metadata":{"name":"a"},"type":"b"}"#)
        == [#"type: Invalid value: "b": field is immutable"#])
    #expect(
      try update("configmaps", #"{"metadata":{"name":"a","uid":"1"}}"#, #"{"metadata":{"name":"a","uid":"2"}}"#)
        == [#"metadata.uid: Invalid value: "2": field is immutable"#])
  }

  @Test func statusSaysWhatIsWrong() throws {
    let errors = [
      FieldError(.required, FieldPath("spec.a")), FieldError(.invalid, FieldPath("b"), value: "x", detail: "no"),
      FieldError(.required, FieldPath("spec.a")),
    ]
    #expect(
      errors.prefix(1).map { $0 }.message(kind: "Pod", name: "x") == #"Pod "x" is invalid: spec.a: Required value"#)
    let status = errors.status(GroupVersionKind(group: "apps", version: "v1", kind: "Deployment"), name: "x")
    #expect(
      status["message"]
        == #"Deployment.apps "x" is invalid: [spec.a: Required value, b: Invalid value: "x": no]"#)
    #expect(status["code"] == 422)
    #expect(status["reason"] == "Invalid")
    let causes = try #require(status[path: "details", "causes"]?.arrayValue)
    #expect(causes[1] == ["reason": "FieldValueInvalid", "message": #"Invalid value: "x": no"#, "field": "b"])
    #expect(status[path: "details", "group"] == "apps")
  }

  @Test func bindingsAndScales() {
    #expect(Validation.binding(["target": ["name": "n"]]) == [])
    #expect(Validation.binding([:]).map(\.description) == ["target.name: Required value"])
    #expect(Validation.scale(["spec": ["replicas": -1]]).count == 1)
  }

  @Test func networkPolicies() throws {
    func policy(_ spec: String) throws -> [String] {
      try create("networkpolicies", #"{"metadata":{"name":"a","namespace":"n"},"spec":\#(spec)}"#)
    }
    #expect(
      try policy(
        #"""
        {"podSelector":{},"policyTypes":["Ingress","Egress"],
         "ingress":[{"from":[{"podSelector":{}},{"ipBlock":{"cidr":"10.0.0.0/8","except":["10.1.0.0/16"]}}],
                     "ports":[{"port":80},{"port":"http"},{"protocol":"UDP"},{"port":1,"endPort":9}]}],
         "egress":[{"to":[{"ipBlock":{"cidr":"2001:db8::/32","except":["2001:db8:1::/48"]}}]}]}
        """#) == [])
    func expect(_ spec: String, _ part: String) throws {
      let errors = try policy(spec)
      #expect(errors.count == 1 && errors.allSatisfy { $0.contains(part) }, "\(errors)")
    }
    func ingress(_ rule: String) -> String { #"{"podSelector":{},"ingress":[\#(rule)]}"# }
    try expect(#"{"podSelector":{},"policyTypes":["Both"]}"#, "spec.policyTypes[0]: Unsupported value")
    try expect(
      #"{"podSelector":{"matchExpressions":[{"key":"a","operator":"Like"}]}}"#, "not a valid selector operator")
    try expect(ingress(#"{"from":[{}]}"#), "spec.ingress[0].from[0]: Required value")
    try expect(
      ingress(#"{"from":[{"podSelector":{},"ipBlock":{"cidr":"10.0.0.0/8"}}]}"#), "spec.ingress[0].from[0]: Forbidden")
    try expect(ingress(#"{"from":[{"ipBlock":{"cidr":"10.0.0.0/33"}}]}"#), "from[0].ipBlock.cidr: Invalid value")
    for except in ["10.0.0.0/8", "11.0.0.0/16", "2001:db8::/48", "10.1"] {
      try expect(
        ingress(#"{"from":[{"ipBlock":{"cidr":"10.0.0.0/8","except":["\#(except)"]}}]}"#),
        "from[0].ipBlock.except[0]: Invalid value")
    }
    try expect(ingress(#"{"ports":[{"port":0}]}"#), "ports[0].port: Invalid value")
    try expect(ingress(#"{"ports":[{"port":9,"endPort":1}]}"#), "ports[0].endPort: Invalid value")
    try expect(ingress(#"{"ports":[{"port":"http","endPort":1}]}"#), "ports[0].endPort: Invalid value")
    try expect(ingress(#"{"ports":[{"endPort":1}]}"#), "ports[0].port: Required value")
    try expect(ingress(#"{"ports":[{"protocol":"ICMP"}]}"#), "ports[0].protocol: Unsupported value")
  }
}
