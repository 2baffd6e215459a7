package userfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/crypto/bcrypt"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// cheapArgon begins a hash that is cheap to check.
const cheapArgon = "$argon2id$v=19$m=64,t=1,p=1$"

// bcryptOf returns a cheap bcrypt hash of password.
func bcryptOf(t testing.TB, password string) string {
	t.Helper()
	h, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(h)
}

func parse(t testing.TB, text string) *userfile.File {
	t.Helper()
	f, err := userfile.Parse("users", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func verify(t testing.TB, f *userfile.File, name, password string) (auth.Identity, error) {
	t.Helper()
	return f.Verify(t.Context(), auth.Credentials{Mechanism: "PLAIN", Username: name, Password: auth.Secret(password)}, auth.Channel{})
}

func TestVerify(t *testing.T) {
	tea := bcryptOf(t, "tea")
	long := strings.Repeat("x", 72)
	f := parse(t, "# staff\r\n\r\n"+
		"ann@contoso.com:"+tea+`:CONTOSO\Staff,exchange servers:office@contoso.com,ANN@contoso.com`+"\r\n"+
		"printer:"+strings.Replace(tea, "$2a$", "$2y$", 1)+"\n"+
		"long:"+bcryptOf(t, long)+"::x@[IPv6:2001:db8::1]\n")
	tests := []struct {
		name, password string
		want           bool
	}{
		{"ann@contoso.com", "tea", true},
		{"ANN@Contoso.com", "tea", true},
		{"ann@contoso.com", "Tea", false},
		{"ann@contoso.com", "", false},
		{"ann", "tea", false},
		{"printer", "tea", true},
		{"printer ", "tea", false},
		{"", "tea", false},
		{"", "", false},
		{"#", "staff", false},
		{"long", long, true},
		{"long", long + "y", false}, // bcrypt would not see the difference
		{strings.Repeat("n", 1<<16), "tea", false},
	}
	for _, tt := range tests {
		id, err := verify(t, f, tt.name, tt.password)
		if tt.want && err != nil || !tt.want && !errors.Is(err, auth.ErrBadCredentials) {
			t.Errorf("%.40q with %.10q: %v", tt.name, tt.password, err)
		}
		if !tt.want && (!id.IsZero() || id.Addresses != nil) {
			t.Errorf("%.40q: refused, but is %v", tt.name, id)
		}
	}
}

func TestIdentity(t *testing.T) {
	f := parse(t, "ann@contoso.com:"+bcryptOf(t, "tea")+`:CONTOSO\Staff,exchange servers:office@contoso.com,x@[IPv6:2001:db8::1]`+"\n")
	id, err := verify(t, f, "ANN@contoso.com", "tea")
	if err != nil {
		t.Fatal(err)
	}
	if id.Name != "ann@contoso.com" {
		t.Errorf("Name = %q", id.Name)
	}
	want := []permission.SID{permission.NameSID("Ann@contoso.com"), permission.SIDAuthenticatedUsers,
		permission.NameSID(`contoso\staff`), permission.SIDExchangeServers}
	if !slices.Equal(id.SIDs, want) {
		t.Errorf("SIDs = %q, want %q", id.SIDs, want)
	}
	if id.Is(permission.SIDAnonymous) {
		t.Error("an authenticated user is anonymous")
	}
	for _, a := range []string{"ann@contoso.com", "office@contoso.com", "x@[IPv6:2001:db8::1]"} {
		if !id.Owns(routing.MustParseAddress(a)) {
			t.Errorf("doesn't own %s", a)
		}
	}
	if len(id.Addresses) != 3 {
		t.Errorf("Addresses = %v", id.Addresses)
	}
	if same, err := f.Identity("Ann@Contoso.com"); err != nil || !reflect.DeepEqual(same, id) {
		t.Errorf("Identity = %v, %v; want what Verify says", same, err)
	}
	if nobody, err := f.Identity("bob"); !errors.Is(err, userfile.ErrNotFound) || !nobody.IsZero() {
		t.Errorf("Identity of an unknown user = %v, %v", nobody, err)
	}
}

// TestDomains reads domains among the addresses, in every way that they are returned.
func TestDomains(t *testing.T) {
	f := parse(t, `contoso\boss:`+bcryptOf(t, "tea")+`:CONTOSO\Mailers:@contoso.com, ann@fabrikam.com ,@*.Contoso.com,@[IPv6:2001:db8::1]`+"\n")
	id, err := verify(t, f, `CONTOSO\Boss`, "tea")
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(id.Addresses, id.Domains); got != "[ann@fabrikam.com] [contoso.com *.contoso.com [IPv6:2001:db8::1]]" {
		t.Errorf("the identity has %s", got)
	}
	f.List()[0].Domains[0] = auth.SenderDomain{}
	if got := f.List()[0].Senders(); !slices.Equal(got, []string{"ann@fabrikam.com", "@contoso.com", "@*.contoso.com", "@[IPv6:2001:db8::1]"}) {
		t.Errorf("Senders = %q", got)
	}
	if err := f.Add("kim", "tea", nil, []string{"@fabrikam.com", "kim@fabrikam.com"}); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if _, err := f.WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(text.String(), "::kim@fabrikam.com,@fabrikam.com\n") {
		t.Errorf("Add wrote %s", &text)
	}
	again := parse(t, text.String())
	if !reflect.DeepEqual(again.List(), f.List()) {
		t.Errorf("%v is read as %v", f.List(), again.List())
	}
	for _, bad := range []string{"@", "@*", "@*.", "@*.[192.0.2.1]", "@@contoso.com", "@contoso.com@fabrikam.com", "*@contoso.com,@ann@contoso.com"} {
		if err := f.Add("eve", "tea", nil, []string{bad}); err == nil {
			t.Errorf("%q is taken as a domain", bad)
		}
	}
}

// A password that a client can't have wanted to act as somebody else with.
func TestVerifyAuthzID(t *testing.T) {
	f := parse(t, "ann:"+bcryptOf(t, "tea")+"\n")
	for authzid, want := range map[string]bool{"": true, "ann": true, "ANN": true, "root": false} {
		_, err := f.Verify(t.Context(), auth.Credentials{AuthzID: authzid, Username: "ann", Password: "tea"}, auth.Channel{})
		if (err == nil) != want {
			t.Errorf("authzid %q: %v", authzid, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	good := bcryptOf(t, "tea")
	salted := "c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAA"
	tests := []struct{ line, want string }{
		{"ann", "no colon"},
		{"ann:", "no password hash"},
		{"ann:secret", "unknown kind"},
		{"ann:$1$abc$def", "unknown kind"},
		{"ann:$argon2i$v=19$m=64,t=1,p=1$" + salted, "unknown kind"},
		{"ann:" + good[:59], "broken bcrypt"},
		{"ann:" + good[:59] + "!", "stray character"},
		{"ann:$2b$15" + good[6:], "bcrypt cost 15; give 4 to 14"},
		{"ann:$2b$31" + good[6:], "bcrypt cost 31"},
		{"ann:$2b$03" + good[6:], "bcrypt cost 3"},
		{"ann:$2b$-4" + good[6:], "broken bcrypt"},
		{"ann:$argon2id$v=16$m=64,t=1,p=1$" + salted, "broken argon2id"},
		{"ann:$argon2id$m=64,t=1,p=1$" + salted, "broken argon2id"},
		{"ann:$argon2id$v=19$m=64,t=1$" + salted, "broken argon2id parameters"},
		{"ann:$argon2id$v=19$t=1,m=64,p=1$" + salted, "broken argon2id parameter m="},
		{"ann:$argon2id$v=19$m=4294967295,t=1,p=1$" + salted, "m=4294967295; give at most 81920"},
		{"ann:$argon2id$v=19$m=4294967296,t=1,p=1$" + salted, "broken argon2id parameter"},
		{"ann:$argon2id$v=19$m=65536,t=16,p=1$" + salted, "give a product"},
		{"ann:$argon2id$v=19$m=64,t=17,p=1$" + salted, "t=17"},
		{"ann:$argon2id$v=19$m=64,t=0,p=1$" + salted, "t=0"},
		{"ann:$argon2id$v=19$m=64,t=1,p=0$" + salted, "p=0"},
		{"ann:$argon2id$v=19$m=64,t=1,p=17$" + salted, "p=17"},
		{"ann:$argon2id$v=19$m=64,t=1,p=9$" + salted, "eight times p"},
		{"ann:$argon2id$v=19$m=+64,t=1,p=1$" + salted, "broken argon2id parameter m="},
		{"ann:" + cheapArgon + "c2FsdA$AAAAAAAAAAAAAAAAAAAAAA", "salt of 4 bytes"},
		{"ann:" + cheapArgon + "c2FsdHNhbHRzYWx0$AAAA", "hash of 3 bytes"},
		{"ann:" + cheapArgon + "c2FsdHNhbHRzYWx0$====", "base64"},
		{":" + good, "empty principal"},
		{" ann:" + good, "user name"},
		{"a,b:" + good, "user name"},
		{"a\x00b:" + good, "printed"},
		{`NT AUTHORITY\ANONYMOUS LOGON:` + good, "well-known"},
		{"Exchange Servers:" + good, "well-known"},
		{"S-1-5-21-7:" + good, "well-known"},
		{"ann:" + good + ":ANONYMOUS LOGON", "no user is anonymous"},
		{"ann:" + good + ":S-1-5-7", "no user is anonymous"},
		{"ann:" + good + ":a,,b", "group: "},
		{"ann:" + good + ":a::", "address"},
		{"ann:" + good + "::not an address", "address"},
		{"ann:" + good + "::a@b.com,", "address"},
		{"ann:" + good + ":ann", "name of a group"},
		{"bob:" + good + "\nBOB:" + good, "users:2: user \"BOB\" exists above"},
		{"bob:" + good + ":staff\nStaff:" + good, "users:2: user \"Staff\" has the name of a group"},
		{"ann:" + good + ":" + strings.Repeat("g,", 300) + "g", "301 groups"},
		{"ann:" + good + ":" + strings.Repeat("g", 17<<10), "line of"},
	}
	for _, tt := range tests {
		f, err := userfile.Parse("users", strings.NewReader(tt.line+"\n"))
		if err == nil || f != nil {
			t.Errorf("%.60q: no error", tt.line)
			continue
		}
		if s := err.Error(); !strings.Contains(s, tt.want) || !strings.HasPrefix(s, "users:") {
			t.Errorf("%.60q: %v; want %q", tt.line, s, tt.want)
		} else if strings.Contains(s, good) || strings.Contains(s, "secret") {
			t.Errorf("%.60q: the error quotes the hash: %v", tt.line, s)
		}
	}
}

// All mistakes are reported, also two on one line, but not without end.
func TestParseReportsAll(t *testing.T) {
	_, err := userfile.Parse("users", strings.NewReader("# ok\nann\n\n a:secret:ANONYMOUS LOGON:x\nbob:\n"))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"users:2:", "users:4:", "users:5:", "unknown kind", "blanks around", "no user is anonymous", "address"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in:\n%v", want, err)
		}
	}
	_, err = userfile.Parse("users", strings.NewReader(strings.Repeat("x\n", 10_000)))
	if err == nil || strings.Count(err.Error(), "\n") != 49 {
		t.Errorf("10,000 broken lines: %d lines of error", strings.Count(fmt.Sprint(err), "\n")+1)
	}
}

func TestParseReadError(t *testing.T) {
	broken := errors.New("disk on fire")
	if _, err := userfile.Parse("users", iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("Parse = %v", err)
	}
	if _, err := userfile.Load(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load = %v", err)
	}
}

func TestEditKeepsComments(t *testing.T) {
	tea := bcryptOf(t, "tea")
	f := parse(t, "# head\n\nann:"+tea+"\n  # middle\nbob:"+tea+":staff:bob@contoso.com\n# tail")
	if err := f.Add(`CONTOSO\cid`, "milk", []string{"staff", "Exchange Servers"}, []string{"CID@contoso.com"}); err != nil {
		t.Fatal(err)
	}
	if err := f.Remove("ANN"); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if _, err := f.WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(text.String(), "\n")[1:] // without the secret for unknown users
	want := []string{"# head", "", "  # middle", "bob:" + tea + ":staff:bob@contoso.com", "# tail"}
	if len(lines) != 7 || !slices.Equal(lines[:5], want) || lines[6] != "" {
		t.Errorf("text:\n%s", text.String())
	}
	if !strings.HasPrefix(lines[5], `CONTOSO\cid:$argon2id$v=19$m=19456,t=2,p=1$`) || strings.Contains(lines[5], "milk") {
		t.Errorf("new line: %s", lines[5])
	}
	again := parse(t, text.String())
	if _, err := verify(t, again, `contoso\CID`, "milk"); err != nil {
		t.Errorf("the new user after a round trip: %v", err)
	}
	for _, f := range []*userfile.File{f, again} {
		if _, err := verify(t, f, "ann", "tea"); !errors.Is(err, auth.ErrBadCredentials) {
			t.Errorf("the removed user: %v", err)
		}
		if got := f.List(); len(got) != 2 || got[0].Name != "bob" || got[1].Name != `CONTOSO\cid` || len(got[1].Groups) != 2 {
			t.Errorf("List = %v", got)
		}
	}
}

func TestEditRefuses(t *testing.T) {
	f := parse(t, "bob:"+bcryptOf(t, "tea")+":staff\n")
	if err := f.Add("BOB", "x", nil, nil); !errors.Is(err, userfile.ErrExists) {
		t.Errorf("Add of an existing user: %v", err)
	}
	if err := f.Remove("nobody"); !errors.Is(err, userfile.ErrNotFound) {
		t.Errorf("Remove of an unknown user: %v", err)
	}
	tests := []struct {
		name, password, group, address string
	}{
		{"a:b", "x", "", ""},
		{"a\nb", "x", "", ""}, // would write a line of its own
		{"#a", "x", "", ""},
		{"Exchange Servers", "x", "", ""},
		{"ann", "", "", ""},
		{"ann", "a\x00b", "", ""},
		{"ann", strings.Repeat("x", 1025), "", ""},
		{"ann", "x", "a,b", ""},
		{"ann", "x", "a:b", ""},
		{"ann", "x", "a\nroot:", ""},
		{"ann", "x", "ANONYMOUS LOGON", ""},
		{"ann", "x", "Bob", ""}, // a user's name
		{"ann", "x", "ANN", ""}, // its own
		{"staff", "x", "", ""},  // a group's name
		{"ann", "x", "", "nonsense"},
		{"ann", "x", "", `"a,b"@contoso.com`},
	}
	for _, tt := range tests {
		var groups, addresses []string
		if tt.group != "" {
			groups = []string{tt.group}
		}
		if tt.address != "" {
			addresses = []string{tt.address}
		}
		if err := f.Add(tt.name, auth.Secret(tt.password), groups, addresses); err == nil {
			t.Errorf("Add(%+v): no error", tt)
		}
	}
	if got := f.List(); len(got) != 1 {
		t.Errorf("after refused edits: %v", got)
	}
}

func TestListCopies(t *testing.T) {
	f := parse(t, "bob:"+bcryptOf(t, "tea")+":staff:bob@contoso.com\n")
	f.List()[0].Groups[0] = "changed"
	f.List()[0].Addresses[0] = routing.Address{}
	if u := f.List()[0]; u.Groups[0] != "staff" || !u.Addresses[0].IsValid() {
		t.Errorf("the file changed with a list: %v", u)
	}
}

func TestSave(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "users")
	if err := os.WriteFile(path, []byte("# old\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink("users", link); err != nil {
		t.Skip(err)
	}
	f, err := userfile.Load(link)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Add("ann", "tea", nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := f.Save(link); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o640 {
		t.Errorf("mode %v, want 0640 as before", info.Mode())
	}
	if target, err := os.Readlink(link); err != nil || target != "users" {
		t.Errorf("the link became %q, %v", target, err)
	}
	again, err := userfile.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verify(t, again, "ann", "tea"); err != nil {
		t.Error(err)
	}
	if names, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(names) != 0 {
		t.Errorf("left behind: %v, %v", names, err)
	}
}

// A Save that fails leaves the old file and no other.
func TestSaveFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "users")
	if err := os.MkdirAll(filepath.Join(path, "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	f := parse(t, "# new\n")
	if err := f.Save(path); err == nil {
		t.Error("saved over a directory")
	}
	if err := f.Save(filepath.Join(dir, "none", "users")); err == nil {
		t.Error("saved into no directory")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestFileNeverPrintsHashes(t *testing.T) {
	tea := bcryptOf(t, "tea")
	f := parse(t, "ann:"+tea+"\n")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		if s := fmt.Sprintf(verb, f); s != "users file users (1 users)" {
			t.Errorf("%s prints %q", verb, s)
		}
	}
}

func FuzzParse(f *testing.F) {
	hash := bcryptOf(f, "tea")
	f.Add("ann:" + hash + ":staff:ann@contoso.com\n# comment\n\r\n") // everything
	f.Add("ann:" + cheapArgon + "c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("ann:" + hash + "::a@[IPv6:2001:db8::1]\r\nbob:" + hash) // colons in an address
	f.Add("ann:" + hash + "::@contoso.com,@*.contoso.com,@[IPv6:2001:db8::1]")
	f.Add("a\rb:" + hash) // stray CR
	f.Add(":::\n::::\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := userfile.Parse("f", strings.NewReader(text))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if _, err := file.WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		again, err := userfile.Parse("f", bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatalf("what was written isn't read: %v", err)
		}
		if a, b := fmt.Sprint(file.List()), fmt.Sprint(again.List()); a != b {
			t.Fatalf("%s became %s", a, b)
		}
		for _, u := range file.List() {
			if u.Name == "" || strings.ContainsAny(u.Name, "\x00\r\n:") {
				t.Fatalf("user %q", u.Name)
			}
		}
	})
}
