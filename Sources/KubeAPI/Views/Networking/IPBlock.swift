/// `IPBlock` of `networking.v1`.
public struct IPBlock: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var cidr: String? {
    get { json.field("cidr") }
    set { json.setField("cidr", newValue) }
  }

  public var except: [String] {
    get { json.field("except") }
    set { json.setField("except", newValue) }
  }
}
