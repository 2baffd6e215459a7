package analysis

import "strconv"

// Who is clients of a Change by how they prove their identity: the members of one group of
// each list in In, except those that are also members of one group of each list of an element
// of Unless. Groups are the SIDs of a user, besides Authenticated Users, or the names of a
// certificate. Without In and Unless it is all clients that prove their identity in this way.
type Who struct {
	Proof  Proof
	In     [][]string
	Unless [][][]string
	// Rest means that there are more such clients, in combinations of groups too many to list.
	Rest bool
}

// Proof is how clients prove their identity.
type Proof uint8

// The proofs.
const (
	ByNothing     Proof = iota // anonymous clients
	ByLogon                    // users
	ByCertificate              // partners: a policy lists a name of their certificate
)

// String returns "nothing", "logon" or "certificate".
func (p Proof) String() string {
	switch p {
	case ByNothing:
		return "nothing"
	case ByLogon:
		return "logon"
	case ByCertificate:
		return "certificate"
	}
	return "Proof(" + strconv.Itoa(int(p)) + ")"
}

// MarshalText implements [encoding.TextMarshaler].
func (p Proof) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// SenderNamed says whether a Change of AspectSender is about senders in domains that the
// client's certificate names, too.
type SenderNamed uint8

// The relations of senders to certificates.
const (
	NamedOrNot SenderNamed = iota
	Named
	NotNamed
)
