extension Schema {
  /// The messages of `discovery.v1`, in the format that the README of this module describes.
  static let discoveryV1 = #"""
    package discovery.v1

    message Endpoint
      addresses 1 [string] required list=set
      conditions 2 EndpointConditions
      hostname 3 string
      targetRef 4 core.ObjectReference
      deprecatedTopology 5 {string}
      nodeName 6 string
      zone 7 string
      hints 8 EndpointHints

    message EndpointConditions
      ready 1 bool
      serving 2 bool
      terminating 3 bool

    message EndpointHints
      forZones 1 [ForZone] list=atomic
      forNodes 2 [ForNode] list=atomic

    message EndpointPort
      name 1 string default=""
      protocol 2 string default="TCP"
      port 3 int32
      appProtocol 4 string

    message EndpointSlice
      metadata 1 meta.ObjectMeta
      addressType 4 string required
      endpoints 2 [Endpoint] list=atomic
      ports 3 [EndpointPort] list=atomic

    message EndpointSliceList
      metadata 1 meta.ListMeta
      items 2 [EndpointSlice] required

    message ForNode
      name 1 string required

    message ForZone
      name 1 string required
    """#
}
