/// `LeaseSpec` of `coordination.v1`.
public struct LeaseSpec: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var holderIdentity: String? {
    get { json.field("holderIdentity") }
    set { json.setField("holderIdentity", newValue) }
  }

  public var leaseDurationSeconds: Int32? {
    get { json.field("leaseDurationSeconds") }
    set { json.setField("leaseDurationSeconds", newValue) }
  }

  public var acquireTime: MicroTime? {
    get { json.field("acquireTime") }
    set { json.setField("acquireTime", newValue) }
  }

  public var renewTime: MicroTime? {
    get { json.field("renewTime") }
    set { json.setField("renewTime", newValue) }
  }

  public var leaseTransitions: Int32? {
    get { json.field("leaseTransitions") }
    set { json.setField("leaseTransitions", newValue) }
  }

  public var strategy: String? {
    get { json.field("strategy") }
    set { json.setField("strategy", newValue) }
  }

  public var preferredHolder: String? {
    get { json.field("preferredHolder") }
    set { json.setField("preferredHolder", newValue) }
  }
}
