extension Schema {
  /// The messages of `autoscaling.v1`, in the format that the README of this module describes.
  static let autoscalingV1 = #"""
    package autoscaling.v1

    message Scale
      metadata 1 meta.ObjectMeta
      spec 2 ScaleSpec
      status 3 ScaleStatus

    message ScaleSpec
      replicas 1 int32

    message ScaleStatus
      replicas 1 int32 required
      selector 2 string
    """#
}
