/// `ServiceSpec` of `core.v1`.
public struct ServiceSpec: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var ports: [ServicePort] {
    get { json.field("ports") }
    set { json.setField("ports", newValue) }
  }

  public var selector: [String: String] {
    get { json.field("selector") }
    set { json.setField("selector", newValue) }
  }

  public var clusterIP: String? {
    get { json.field("clusterIP") }
    set { json.setField("clusterIP", newValue) }
  }

  public var clusterIPs: [String] {
    get { json.field("clusterIPs") }
    set { json.setField("clusterIPs", newValue) }
  }

  public var type: String? {
    get { json.field("type") }
    set { json.setField("type", newValue) }
  }

  public var externalIPs: [String] {
    get { json.field("externalIPs") }
    set { json.setField("externalIPs", newValue) }
  }

  public var sessionAffinity: String? {
    get { json.field("sessionAffinity") }
    set { json.setField("sessionAffinity", newValue) }
  }

  public var loadBalancerIP: String? {
    get { json.field("loadBalancerIP") }
    set { json.setField("loadBalancerIP", newValue) }
  }

  public var loadBalancerSourceRanges: [String] {
    get { json.field("loadBalancerSourceRanges") }
    set { json.setField("loadBalancerSourceRanges", newValue) }
  }

  public var externalName: String? {
    get { json.field("externalName") }
    set { json.setField("externalName", newValue) }
  }

  public var externalTrafficPolicy: String? {
    get { json.field("externalTrafficPolicy") }
    set { json.setField("externalTrafficPolicy", newValue) }
  }

  public var healthCheckNodePort: Int32? {
    get { json.field("healthCheckNodePort") }
    set { json.setField("healthCheckNodePort", newValue) }
  }

  public var publishNotReadyAddresses: Bool? {
    get { json.field("publishNotReadyAddresses") }
    set { json.setField("publishNotReadyAddresses", newValue) }
  }

  public var sessionAffinityConfig: SessionAffinityConfig? {
    get { json.field("sessionAffinityConfig") }
    set { json.setField("sessionAffinityConfig", newValue) }
  }

  public var ipFamilies: [String] {
    get { json.field("ipFamilies") }
    set { json.setField("ipFamilies", newValue) }
  }

  public var ipFamilyPolicy: String? {
    get { json.field("ipFamilyPolicy") }
    set { json.setField("ipFamilyPolicy", newValue) }
  }

  public var allocateLoadBalancerNodePorts: Bool? {
    get { json.field("allocateLoadBalancerNodePorts") }
    set { json.setField("allocateLoadBalancerNodePorts", newValue) }
  }

  public var loadBalancerClass: String? {
    get { json.field("loadBalancerClass") }
    set { json.setField("loadBalancerClass", newValue) }
  }

  public var internalTrafficPolicy: String? {
    get { json.field("internalTrafficPolicy") }
    set { json.setField("internalTrafficPolicy", newValue) }
  }

  public var trafficDistribution: String? {
    get { json.field("trafficDistribution") }
    set { json.setField("trafficDistribution", newValue) }
  }
}
