/// `NodeSystemInfo` of `core.v1`.
public struct NodeSystemInfo: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var machineID: String? {
    get { json.field("machineID") }
    set { json.setField("machineID", newValue) }
  }

  public var systemUUID: String? {
    get { json.field("systemUUID") }
    set { json.setField("systemUUID", newValue) }
  }

  public var bootID: String? {
    get { json.field("bootID") }
    set { json.setField("bootID", newValue) }
  }

  public var kernelVersion: String? {
    get { json.field("kernelVersion") }
    set { json.setField("kernelVersion", newValue) }
  }

  public var osImage: String? {
    get { json.field("osImage") }
    set { json.setField("osImage", newValue) }
  }

  public var containerRuntimeVersion: String? {
    get { json.field("containerRuntimeVersion") }
    set { json.setField("containerRuntimeVersion", newValue) }
  }

  public var kubeletVersion: String? {
    get { json.field("kubeletVersion") }
    set { json.setField("kubeletVersion", newValue) }
  }

  public var kubeProxyVersion: String? {
    get { json.field("kubeProxyVersion") }
    set { json.setField("kubeProxyVersion", newValue) }
  }

  public var operatingSystem: String? {
    get { json.field("operatingSystem") }
    set { json.setField("operatingSystem", newValue) }
  }

  public var architecture: String? {
    get { json.field("architecture") }
    set { json.setField("architecture", newValue) }
  }

  public var swap: NodeSwapStatus? {
    get { json.field("swap") }
    set { json.setField("swap", newValue) }
  }
}
