package permission

// SID is a security identifier, as Windows writes it: "S-1-5-7".
type SID string

// The well-known principals of connectors.
const (
	SIDAnonymous          SID = "S-1-5-7"
	SIDAuthenticatedUsers SID = "S-1-5-11"
	SIDPartners           SID = "S-1-9-1419165041-1139599005-3936102811-1022490595-10"
	SIDHubServers         SID = "S-1-9-1419165041-1139599005-3936102811-1022490595-21"
	SIDEdgeServers        SID = "S-1-9-1419165041-1139599005-3936102811-1022490595-22"
	SIDExternallySecured  SID = "S-1-9-1419165041-1139599005-3936102811-1022490595-23"
	SIDLegacyServers      SID = "S-1-9-1419165041-1139599005-3936102811-1022490595-24"
)

// Principal is somebody rights can be given to. The zero Principal is nobody
// and holds nothing.
type Principal struct {
	Name string
	SIDs []SID
}

// Anonymous returns the principal of a session that has proven nothing.
func Anonymous() Principal {
	return Principal{Name: `NT AUTHORITY\ANONYMOUS LOGON`, SIDs: []SID{SIDAnonymous}}
}
