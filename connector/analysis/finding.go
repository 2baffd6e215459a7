package analysis

import (
	"fmt"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// Finding is something that a reader of the configuration should know: who may
// relay, what can't have an effect, what is dangerous or doesn't fit together.
type Finding struct {
	// Diagnostic has no Position, and one of FindingCodes as Code. Its Path is that of
	// the parameter in the Config; of a certificate, Certificates[0].
	source.Diagnostic

	Sources []Source         // the clients whom it concerns; nil where it isn't about clients
	Witness connector.Dialog // a session that shows it; the zero Dialog where none can, see Shown

	Acknowledged string // the reason for which it is meant; "" unless it was acknowledged

	edit func(*connector.Config) bool
}

// Shown reports whether there is a session that shows the finding. None shows a
// parameter without effect, a certificate, or an acknowledgement.
func (f Finding) Shown() bool { return f.Witness.Remote.IsValid() }

// Page returns the place in the documentation that says more.
func (f Finding) Page() string { return "docs/findings.md#" + f.Code }

// String returns "path: severity: detail (code)".
func (f Finding) String() string {
	return fmt.Sprintf("%s: %s: %s (%s)", f.Path, f.Severity, f.Detail, f.Code)
}

// Repair makes the change that Fix names in cfg: the Config that Check looked at, a
// copy, or one in which other findings of the same Check were repaired. It reports
// false, and changes nothing, where the fix is no single edit, the choice is a
// person's, or what it would change isn't there any more. Repairs of what has no
// effect have none either, one by one or all of them.
func (f Finding) Repair(cfg *connector.Config) bool { return f.edit != nil && f.edit(cfg) }

// Options is what a policy doesn't know. The zero Options are for a policy alone.
type Options struct {
	Certificates []Certificate // those that the relay shows; none: they aren't looked at
	Now          time.Time     // for their time of validity; zero: that isn't looked at
}

// Certificate is what Check must know of one.
type Certificate struct {
	Name                param.SmtpX509Identifier // by which TlsCertificateName names it
	Hosts               []string                 // its DNS names, *.contoso.com included
	NotBefore, NotAfter time.Time
}
