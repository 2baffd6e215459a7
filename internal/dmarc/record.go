package dmarc

import "strings"

// Policy is a wish of a domain's owner: how to treat a message that fails.
type Policy uint8

// The policies, from the mildest to the strictest.
const (
	None Policy = iota
	Quarantine
	Reject
)

var policyNames = []string{"none", "quarantine", "reject"}

// String returns the name that the policy has in records.
func (p Policy) String() string {
	if int(p) < len(policyNames) {
		return policyNames[p]
	}
	return "none"
}

// parsePolicy finds s among the policies, in any letter case.
func parsePolicy(s string) (Policy, bool) {
	for i, name := range policyNames {
		if strings.EqualFold(s, name) {
			return Policy(i), true
		}
	}
	return None, false
}

// Record is a DMARC policy record as far as a receiver that sends no reports needs it.
type Record struct {
	Policy       Policy // p: for the domain itself
	Subdomains   Policy // sp: for those of its subdomains that exist; as Policy if it isn't given
	NonExistent  Policy // np: for those that don't; as Subdomains if it isn't given
	StrictDKIM   bool   // adkim=s
	StrictSPF    bool   // aspf=s
	Testing      bool   // t=y: each policy counts one step milder
	PublicSuffix bool   // psd=y: other organisations have the subdomains
	Organisation bool   // psd=n: the domain and its subdomains are one organisation
	Ignored      bool   // a policy is missing or wrong, and there is no address for reports: DMARC isn't applied
}

// isRecord reports whether a TXT record is a DMARC record at all: it begins with v=DMARC1.
func isRecord(text string) bool {
	version, _, _ := strings.Cut(text, ";")
	name, value, ok := strings.Cut(version, "=")
	return ok && strings.EqualFold(trim(name), "v") && trim(value) == "DMARC1"
}

// Parse reads a record. ok is false if it isn't one of DMARC. Unknown tags are ignored, and
// wrong values count as their defaults (section 4.8), except those of policies: then all
// policies become None, and without an address for reports DMARC isn't applied (section 4.10.1).
func Parse(text string) (r Record, ok bool) {
	if !isRecord(text) {
		return Record{}, false
	}
	tags := make(map[string]string)
	for i, part := range strings.Split(text, ";") {
		name, value, ok := strings.Cut(part, "=")
		name = strings.ToLower(trim(name))
		if _, twice := tags[name]; i > 0 && ok && !twice {
			tags[name] = trim(value)
		}
	}
	r.StrictDKIM = strings.EqualFold(tags["adkim"], "s")
	r.StrictSPF = strings.EqualFold(tags["aspf"], "s")
	r.Testing = strings.EqualFold(tags["t"], "y")
	r.PublicSuffix = strings.EqualFold(tags["psd"], "y")
	r.Organisation = strings.EqualFold(tags["psd"], "n")
	if !r.policies(tags) {
		r.Policy, r.Subdomains, r.NonExistent = None, None, None
		r.Ignored = !hasReportAddress(tags["rua"])
	}
	return r, true
}

// policies reads the tags p, sp and np. It returns false if p is missing or one is wrong.
func (r *Record) policies(tags map[string]string) bool {
	var valid bool
	if r.Policy, valid = parsePolicy(tags["p"]); !valid {
		return false
	}
	r.Subdomains = r.Policy
	if sp, given := tags["sp"]; given {
		if r.Subdomains, valid = parsePolicy(sp); !valid {
			return false
		}
	}
	r.NonExistent = r.Subdomains
	if np, given := tags["np"]; given {
		if r.NonExistent, valid = parsePolicy(np); !valid {
			return false
		}
	}
	return true
}

// hasReportAddress reports whether one of the addresses of rua is a URI.
func hasReportAddress(list string) bool {
	for uri := range strings.SplitSeq(list, ",") {
		scheme, address, ok := strings.Cut(trim(uri), ":")
		if ok && scheme != "" && address != "" && !strings.ContainsAny(uri, "<>\"") {
			return true
		}
	}
	return false
}

// trim removes white space around s.
func trim(s string) string { return strings.Trim(s, " \t\r\n") }
