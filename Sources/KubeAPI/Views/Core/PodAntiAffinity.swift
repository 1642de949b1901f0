/// `PodAntiAffinity` of `core.v1`.
public struct PodAntiAffinity: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var requiredDuringSchedulingIgnoredDuringExecution: [PodAffinityTerm] {
    get { json.field("requiredDuringSchedulingIgnoredDuringExecution") }
    set { json.setField("requiredDuringSchedulingIgnoredDuringExecution", newValue) }
  }

  public var preferredDuringSchedulingIgnoredDuringExecution: [WeightedPodAffinityTerm] {
    get { json.field("preferredDuringSchedulingIgnoredDuringExecution") }
    set { json.setField("preferredDuringSchedulingIgnoredDuringExecution", newValue) }
  }
}
