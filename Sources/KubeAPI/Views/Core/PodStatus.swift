/// `PodStatus` of `core.v1`.
public struct PodStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var observedGeneration: Int64? {
    get { json.field("observedGeneration") }
    set { json.setField("observedGeneration", newValue) }
  }

  public var phase: String? {
    get { json.field("phase") }
    set { json.setField("phase", newValue) }
  }

  public var conditions: [PodCondition] {
    get { json.field("conditions") }
    set { json.setField("conditions", newValue) }
  }

  public var message: String? {
    get { json.field("message") }
    set { json.setField("message", newValue) }
  }

  public var reason: String? {
    get { json.field("reason") }
    set { json.setField("reason", newValue) }
  }

  public var nominatedNodeName: String? {
    get { json.field("nominatedNodeName") }
    set { json.setField("nominatedNodeName", newValue) }
  }

  public var hostIP: String? {
    get { json.field("hostIP") }
    set { json.setField("hostIP", newValue) }
  }

  public var hostIPs: [HostIP] {
    get { json.field("hostIPs") }
    set { json.setField("hostIPs", newValue) }
  }

  public var podIP: String? {
    get { json.field("podIP") }
    set { json.setField("podIP", newValue) }
  }

  public var podIPs: [PodIP] {
    get { json.field("podIPs") }
    set { json.setField("podIPs", newValue) }
  }

  public var startTime: Time? {
    get { json.field("startTime") }
    set { json.setField("startTime", newValue) }
  }

  public var initContainerStatuses: [ContainerStatus] {
    get { json.field("initContainerStatuses") }
    set { json.setField("initContainerStatuses", newValue) }
  }

  public var containerStatuses: [ContainerStatus] {
    get { json.field("containerStatuses") }
    set { json.setField("containerStatuses", newValue) }
  }

  public var qosClass: String? {
    get { json.field("qosClass") }
    set { json.setField("qosClass", newValue) }
  }

  public var ephemeralContainerStatuses: [ContainerStatus] {
    get { json.field("ephemeralContainerStatuses") }
    set { json.setField("ephemeralContainerStatuses", newValue) }
  }

  public var resize: String? {
    get { json.field("resize") }
    set { json.setField("resize", newValue) }
  }

  public var resourceClaimStatuses: [PodResourceClaimStatus] {
    get { json.field("resourceClaimStatuses") }
    set { json.setField("resourceClaimStatuses", newValue) }
  }

  public var extendedResourceClaimStatus: PodExtendedResourceClaimStatus? {
    get { json.field("extendedResourceClaimStatus") }
    set { json.setField("extendedResourceClaimStatus", newValue) }
  }

  public var allocatedResources: [String: Quantity] {
    get { json.field("allocatedResources") }
    set { json.setField("allocatedResources", newValue) }
  }

  public var resources: ResourceRequirements? {
    get { json.field("resources") }
    set { json.setField("resources", newValue) }
  }

  public var nodeAllocatableResourceClaimStatuses: [NodeAllocatableResourceClaimStatus] {
    get { json.field("nodeAllocatableResourceClaimStatuses") }
    set { json.setField("nodeAllocatableResourceClaimStatuses", newValue) }
  }
}
