extension Schema {
  /// The messages of `coordination.v1`, in the format that the README of this module describes.
  static let coordinationV1 = #"""
    package coordination.v1

    message Lease
      metadata 1 meta.ObjectMeta
      spec 2 LeaseSpec

    message LeaseList
      metadata 1 meta.ListMeta
      items 2 [Lease] required

    message LeaseSpec
      holderIdentity 1 string
      leaseDurationSeconds 2 int32
      acquireTime 3 MicroTime
      renewTime 4 MicroTime
      leaseTransitions 5 int32
      strategy 6 string
      preferredHolder 7 string
    """#
}
