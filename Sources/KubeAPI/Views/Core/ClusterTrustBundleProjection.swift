/// `ClusterTrustBundleProjection` of `core.v1`.
public struct ClusterTrustBundleProjection: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var signerName: String? {
    get { json.field("signerName") }
    set { json.setField("signerName", newValue) }
  }

  public var labelSelector: LabelSelector? {
    get { json.field("labelSelector") }
    set { json.setField("labelSelector", newValue) }
  }

  public var optional: Bool? {
    get { json.field("optional") }
    set { json.setField("optional", newValue) }
  }

  public var path: String? {
    get { json.field("path") }
    set { json.setField("path", newValue) }
  }
}
