/// `PodLogOptions` of `core.v1`.
public struct PodLogOptions: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var container: String? {
    get { json.field("container") }
    set { json.setField("container", newValue) }
  }

  public var follow: Bool? {
    get { json.field("follow") }
    set { json.setField("follow", newValue) }
  }

  public var previous: Bool? {
    get { json.field("previous") }
    set { json.setField("previous", newValue) }
  }

  public var sinceSeconds: Int64? {
    get { json.field("sinceSeconds") }
    set { json.setField("sinceSeconds", newValue) }
  }

  public var sinceTime: Time? {
    get { json.field("sinceTime") }
    set { json.setField("sinceTime", newValue) }
  }

  public var timestamps: Bool? {
    get { json.field("timestamps") }
    set { json.setField("timestamps", newValue) }
  }

  public var tailLines: Int64? {
    get { json.field("tailLines") }
    set { json.setField("tailLines", newValue) }
  }

  public var limitBytes: Int64? {
    get { json.field("limitBytes") }
    set { json.setField("limitBytes", newValue) }
  }

  public var insecureSkipTLSVerifyBackend: Bool? {
    get { json.field("insecureSkipTLSVerifyBackend") }
    set { json.setField("insecureSkipTLSVerifyBackend", newValue) }
  }

  public var stream: String? {
    get { json.field("stream") }
    set { json.setField("stream", newValue) }
  }
}
