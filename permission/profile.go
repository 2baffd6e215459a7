package permission

import (
	"fmt"
	"strings"
)

// Profile selects the edition of Exchange whose defaults, presets and replies
// apply. The zero Profile is Current.
type Profile uint8

// The profiles.
const (
	Current      Profile = iota // Exchange 2016, 2019 and Subscription Edition
	Exchange2007                // Exchange Server 2007, the edition of the administrator's guide
)

// ParseProfile reads "Current" or "Exchange2007" in any letter case.
func ParseProfile(s string) (Profile, error) {
	for _, p := range []Profile{Current, Exchange2007} {
		if equalFold(strings.TrimSpace(s), p.String()) {
			return p, nil
		}
	}
	return 0, fmt.Errorf("unknown profile %q: give %v or %v", clip(s), Current, Exchange2007)
}

// IsValid reports whether p is one of the profiles above.
func (p Profile) IsValid() bool { return p <= Exchange2007 }

// String returns the name that ParseProfile reads, or "Profile(n)" if p isn't
// valid.
func (p Profile) String() string {
	switch p {
	case Current:
		return "Current"
	case Exchange2007:
		return "Exchange2007"
	}
	return fmt.Sprintf("Profile(%d)", uint8(p))
}

// MarshalText returns the name of p. It fails if p isn't valid.
func (p Profile) MarshalText() ([]byte, error) {
	if !p.IsValid() {
		return nil, fmt.Errorf("%v is not a profile", p)
	}
	return []byte(p.String()), nil
}

// UnmarshalText is ParseProfile.
func (p *Profile) UnmarshalText(text []byte) error {
	parsed, err := ParseProfile(string(text))
	if err != nil {
		return err
	}
	*p = parsed
	return nil
}
