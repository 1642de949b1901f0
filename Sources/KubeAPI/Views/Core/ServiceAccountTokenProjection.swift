/// `ServiceAccountTokenProjection` of `core.v1`.
public struct ServiceAccountTokenProjection: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var audience: String? {
    get { json.field("audience") }
    set { json.setField("audience", newValue) }
  }

  public var expirationSeconds: Int64? {
    get { json.field("expirationSeconds") }
    set { json.setField("expirationSeconds", newValue) }
  }

  public var path: String? {
    get { json.field("path") }
    set { json.setField("path", newValue) }
  }
}
