package permission

// Grant gives or denies rights to a principal by SID.
type Grant struct {
	To    SID
	Allow Set
	Deny  Set
	Group Group // the permission group it came from; 0 for a grant made by hand
}

// ACL is the compiled access list of one connector. It is immutable.
type ACL struct{ grants []Grant }

// NewACL returns the list that groups and the grants made by hand amount to.
func NewACL(profile Profile, groups Group, extra ...Grant) (*ACL, error) {
	return &ACL{grants: extra}, nil
}

// Rights returns what p holds.
func (a *ACL) Rights(p Principal) Set { return 0 }

// Because is the answer to "why does, or doesn't, p hold r?".
type Because struct {
	Right  Right
	Held   bool
	Grants []Grant
}

// Explain says whether p holds r and which grants made it so.
func (a *ACL) Explain(p Principal, r Right) Because { return Because{Right: r} }
