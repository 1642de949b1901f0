/// `EndpointSubset` of `core.v1`.
public struct EndpointSubset: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var addresses: [EndpointAddress] {
    get { json.field("addresses") }
    set { json.setField("addresses", newValue) }
  }

  public var notReadyAddresses: [EndpointAddress] {
    get { json.field("notReadyAddresses") }
    set { json.setField("notReadyAddresses", newValue) }
  }

  public var ports: [EndpointPort] {
    get { json.field("ports") }
    set { json.setField("ports", newValue) }
  }
}
