package permission_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/permission"
)

func FuzzParseRight(f *testing.F) {
	f.Add("ms-Exch-SMTP-Submit")              // as Exchange prints it
	f.Add("SUBMIT MESSAGES TO SERVER")        // display name
	f.Add("ms-Exch-Accept-Exch50")            // documented variant
	f.Add("s-Exch-SMTP-Accept-Any-Recipient") // documented misprint
	f.Fuzz(func(t *testing.T, s string) {
		r, err := permission.ParseRight(s)
		if (err == nil) != r.IsValid() {
			t.Fatalf("%q -> %v, %v", s, r, err)
		}
		if err != nil {
			return
		}
		if again, err := permission.ParseRight(r.String()); err != nil || again != r {
			t.Fatalf("%q -> %v -> %v, %v", s, r, again, err)
		}
	})
}

func FuzzParseSet(f *testing.F) {
	f.Add("ms-Exch-SMTP-Submit, Accept any Sender") // two forms
	f.Add("none,none")                              // None twice
	f.Add(",")                                      // empty elements
	f.Fuzz(func(t *testing.T, s string) {
		set, err := permission.ParseSet(s)
		if err != nil && set != 0 || set&^permission.AllRights != 0 {
			t.Fatalf("%q -> %#x, %v", s, uint64(set), err)
		}
		if again, err := permission.ParseSet(set.String()); err != nil || again != set {
			t.Fatalf("%q -> %v -> %v, %v", s, set, again, err)
		}
	})
}

func FuzzParseGroup(f *testing.F) {
	f.Add("AnonymousUsers, Custom") // as Exchange prints it
	f.Add("anonymous,PARTNER")      // aliases
	f.Add("None,Custom")            // None beside another
	f.Fuzz(func(t *testing.T, s string) {
		g, err := permission.ParseGroup(s)
		if err != nil && g != 0 || !g.IsValid() {
			t.Fatalf("%q -> %v, %v", s, g, err)
		}
		if again, err := permission.ParseGroup(g.String()); err != nil || again != g {
			t.Fatalf("%q -> %v -> %v, %v", s, g, again, err)
		}
	})
}

func FuzzParsePrincipal(f *testing.F) {
	f.Add(`NT AUTHORITY\ANONYMOUS LOGON`) // well-known
	f.Add(`CONTOSO\printer`)              // derived
	f.Add("s-1-5-21-1-2-3-1000")          // SID in lower case
	f.Add("S-1-0xFFFFFFFFFFFF-0")         // 48-bit authority
	f.Fuzz(func(t *testing.T, s string) {
		p, err := permission.ParsePrincipal(s)
		if err != nil {
			if !p.IsZero() {
				t.Fatalf("%q -> %+v, %v", s, p, err)
			}
			return
		}
		if len(p.SIDs) != 1 || !p.SIDs[0].IsValid() {
			t.Fatalf("%q -> %q", s, p.SIDs)
		}
		for _, form := range []string{p.Name, string(p.SIDs[0]), p.SIDs[0].Name()} {
			if again, err := permission.ParsePrincipal(form); err != nil || again.SIDs[0] != p.SIDs[0] {
				t.Fatalf("%q -> %q -> %+v, %v", s, form, again, err)
			}
		}
	})
}
