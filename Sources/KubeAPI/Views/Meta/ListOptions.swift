/// `ListOptions` of `meta.v1`.
public struct ListOptions: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var labelSelector: String? {
    get { json.field("labelSelector") }
    set { json.setField("labelSelector", newValue) }
  }

  public var fieldSelector: String? {
    get { json.field("fieldSelector") }
    set { json.setField("fieldSelector", newValue) }
  }

  public var watch: Bool? {
    get { json.field("watch") }
    set { json.setField("watch", newValue) }
  }

  public var allowWatchBookmarks: Bool? {
    get { json.field("allowWatchBookmarks") }
    set { json.setField("allowWatchBookmarks", newValue) }
  }

  public var resourceVersion: String? {
    get { json.field("resourceVersion") }
    set { json.setField("resourceVersion", newValue) }
  }

  public var resourceVersionMatch: String? {
    get { json.field("resourceVersionMatch") }
    set { json.setField("resourceVersionMatch", newValue) }
  }

  public var timeoutSeconds: Int64? {
    get { json.field("timeoutSeconds") }
    set { json.setField("timeoutSeconds", newValue) }
  }

  public var limit: Int64? {
    get { json.field("limit") }
    set { json.setField("limit", newValue) }
  }

  public var `continue`: String? {
    get { json.field("continue") }
    set { json.setField("continue", newValue) }
  }

  public var sendInitialEvents: Bool? {
    get { json.field("sendInitialEvents") }
    set { json.setField("sendInitialEvents", newValue) }
  }

  public var shardSelector: String? {
    get { json.field("shardSelector") }
    set { json.setField("shardSelector", newValue) }
  }
}
