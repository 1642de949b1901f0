/// `HTTPGetAction` of `core.v1`.
public struct HTTPGetAction: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var path: String? {
    get { json.field("path") }
    set { json.setField("path", newValue) }
  }

  public var port: IntOrString? {
    get { json.field("port") }
    set { json.setField("port", newValue) }
  }

  public var host: String? {
    get { json.field("host") }
    set { json.setField("host", newValue) }
  }

  public var scheme: String? {
    get { json.field("scheme") }
    set { json.setField("scheme", newValue) }
  }

  public var httpHeaders: [HTTPHeader] {
    get { json.field("httpHeaders") }
    set { json.setField("httpHeaders", newValue) }
  }
}
