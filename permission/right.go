// Package permission holds the extended rights of Exchange's SMTP connectors,
// the permission groups that bundle them, and the access list that decides
// what a principal may do.
package permission

// Right is one extended right of a connector. The zero Right is invalid and
// is never held by anyone.
type Right uint8

// The rights, receive side first, in the order of Exchange's documentation.
const (
	Submit Right = iota + 1
	AcceptAnyRecipient
	AcceptAnySender
	AcceptAuthoritativeDomainSender
	AcceptAuthenticationFlag
	AcceptHeadersRouting
	AcceptHeadersOrganization
	AcceptHeadersForest
	BypassAntiSpam
	BypassMessageSizeLimit
	AcceptExch50
	AcceptXShadow
	AcceptXAttr
	AcceptXProxyFrom
	AcceptXSysProbe
	AcceptXSessionParams
	SendXMessageContextADRecipientCache
	SendXMessageContextExtendedProperties
	SendXMessageContextFastIndex
	SendHeadersRouting
	SendHeadersOrganization
	SendHeadersForest
	SendExch50
	SendXShadow
)
