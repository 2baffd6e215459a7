package analysis

import (
	"fmt"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// Finding is something that a reader of the configuration should know: which clients
// may relay, which settings have no effect, which are dangerous or contradict each
// other.
type Finding struct {
	// Diagnostic has no Position, and one of FindingCodes as Code. Its Path is that of
	// the parameter in the Config; of a certificate, Certificates[0].
	source.Diagnostic

	Clients []Clients // the clients concerned, at 100 local addresses; nil if it isn't about clients
	// MoreClients is the number of local addresses with other clients that Clients leaves out.
	MoreClients int
	Witness     connector.Dialog // a session that shows it; the zero Dialog if no session can, see Shown

	Acknowledged string // the reason why it is intended; "" unless it was acknowledged

	beyond []partition.Span // clients that Clients leaves out
	terms  []string         // of Extent, beside the ranges of Clients
	edit   func(*connector.Config) bool
}

// Shown reports whether a session shows the finding. No session shows a parameter
// without effect, a certificate, or an acknowledgement.
func (f Finding) Shown() bool { return f.Witness.Remote.IsValid() }

// Page returns the place in the documentation that explains the finding; "" if Code isn't
// one of FindingCodes.
func (f Finding) Page() string {
	if !slices.Contains(FindingCodes(), f.Code) {
		return ""
	}
	return "docs/findings.md#" + string(f.Code)
}

// String returns "file:line: path: severity: detail (code)" without what isn't known.
func (f Finding) String() string {
	d := f.Diagnostic
	d.Detail, d.Excerpt, d.Fix = fmt.Sprintf("%s: %s", f.Severity, f.Detail), "", ""
	return d.String()
}

// Repair makes the change that Fix names in cfg: the Config that Check examined, a
// copy, or one in which other findings of the same Check were repaired. It reports
// false, and changes nothing, if the fix is not a single edit, if a person has to
// choose, or if the element to change no longer exists. Repairs of settings without
// effect change no decision, one by one or together.
func (f Finding) Repair(cfg *connector.Config) bool { return f.edit != nil && f.edit(cfg) }

// Options are the facts that Check can't learn from the policy. The zero Options check
// the policy alone.
type Options struct {
	Certificates  []Certificate // the certificates that the relay uses; if empty, certificates aren't checked
	Authenticates bool          // the server can check SPF, DKIM and DMARC; if not, connectors that don't ask for it aren't reported
	Now           time.Time     // for their time of validity, and the ends of settings; if zero, that isn't checked

	// MayAcknowledgeErrors reports whether the element of Config.Acknowledged at a path may acknowledge
	// an error: it stands where others than the author of the policy decide. Nil: all may. A Comment
	// never may.
	MayAcknowledgeErrors func(source.Path) bool
}

// Certificate describes a certificate for Check.
type Certificate struct {
	Name                param.SmtpX509Identifier // its name in TlsCertificateName
	Hosts               []string                 // its DNS names, *.contoso.com included
	NotBefore, NotAfter time.Time
	NoRSA               bool // its key isn't an RSA key, so that old devices can't use it
}
