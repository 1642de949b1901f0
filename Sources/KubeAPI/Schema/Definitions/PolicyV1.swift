extension Schema {
  /// The messages of `policy.v1`, in the format that the README of this module describes.
  static let policyV1 = #"""
    package policy.v1

    message Eviction
      metadata 1 meta.ObjectMeta
      deleteOptions 2 meta.DeleteOptions
    """#
}
