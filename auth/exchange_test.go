package auth_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
)

var errDown = errors.New("directory is down")

// check is a verify function that knows one user.
func check(c auth.Credentials) error {
	switch {
	case c.Username == "down":
		return errDown
	case c.Username == "ann" && c.Password.Reveal() == "tea":
		return nil
	}
	return auth.ErrBadCredentials
}

// run plays responses, nil standing for no initial response, and returns the
// challenges joined with "|" and the outcome.
func run(t *testing.T, mechanism string, responses [][]byte) (challenges string, done bool, err error) {
	t.Helper()
	x, err := auth.NewExchange(mechanism, check)
	if err != nil {
		t.Fatal(err)
	}
	var sent []string
	for _, r := range responses {
		if done {
			t.Fatalf("%s: done before response %q", mechanism, r)
		}
		var challenge []byte
		challenge, done, err = x.Next(r)
		if !done {
			sent = append(sent, string(challenge))
		}
	}
	if done {
		if c, again, err := x.Next([]byte("\x00ann\x00tea")); c != nil || !again || !errors.Is(err, auth.ErrMalformed) {
			t.Errorf("%s: a finished exchange goes on: %q, %v, %v", mechanism, c, again, err)
		}
	}
	return strings.Join(sent, "|"), done, err
}

func TestServerExchanges(t *testing.T) {
	long := strings.Repeat("x", 9217)
	say := func(parts ...string) [][]byte {
		var out [][]byte
		for _, p := range parts {
			if p == "-" {
				out = append(out, nil)
			} else {
				out = append(out, []byte(p))
			}
		}
		return out
	}
	tests := []struct {
		mechanism string
		say       [][]byte
		want      string
		err       error
	}{
		{"PLAIN", say("\x00ann\x00tea"), "", nil},
		{"plain", say("-", "\x00ann\x00tea"), "", nil},
		{"PLAIN", say("ann\x00ann\x00tea"), "", nil},
		{"PLAIN", say("ANN\x00ann\x00tea"), "", nil}, // the same user
		{"PLAIN", say("\x00ann\x00coffee"), "", auth.ErrBadCredentials},
		{"PLAIN", say("\x00down\x00x"), "", errDown},
		{"PLAIN", say("root\x00ann\x00tea"), "", auth.ErrBadCredentials}, // acting as another
		{"PLAIN", say("\x00ann\x00"), "", auth.ErrMalformed},
		{"PLAIN", say("\x00\x00tea"), "", auth.ErrMalformed},
		{"PLAIN", say(""), "", auth.ErrMalformed},
		{"PLAIN", say("-", "-"), "", auth.ErrMalformed},
		{"PLAIN", say("ann\x00tea"), "", auth.ErrMalformed},
		{"PLAIN", say("\x00ann\x00tea\x00"), "", auth.ErrMalformed},
		{"PLAIN", say("\x00ann\x00\xff"), "", auth.ErrMalformed},
		{"PLAIN", say("\x00ann\x00" + long), "", auth.ErrMalformed},
		{"PLAIN", say("\x00" + long + "\x00tea"), "", auth.ErrMalformed},
		{"PLAIN", say(long + "\x00ann\x00tea"), "", auth.ErrMalformed},
		{"LOGIN", say("-", "ann", "tea"), "Username:|Password:", nil},
		{"login", say("ann", "tea"), "Password:", nil},
		{"LOGIN", say("ann", "coffee"), "Password:", auth.ErrBadCredentials},
		{"LOGIN", say("-", "down", "x"), "Username:|Password:", errDown},
		{"LOGIN", say(""), "", auth.ErrMalformed},
		{"LOGIN", say("-", "-"), "Username:", auth.ErrMalformed},
		{"LOGIN", say("ann", "-"), "Password:", auth.ErrMalformed},
		{"LOGIN", say("ann", ""), "Password:", auth.ErrMalformed},
		{"LOGIN", say("an\x00n"), "", auth.ErrMalformed},
		{"LOGIN", say("ann", "te\x00a"), "Password:", auth.ErrMalformed},
		{"LOGIN", say(long), "", auth.ErrMalformed},
		{"LOGIN", say("ann", long), "Password:", auth.ErrMalformed},
	}
	for _, tt := range tests {
		got, done, err := run(t, tt.mechanism, tt.say)
		if got != tt.want || !done || !errors.Is(err, tt.err) {
			t.Errorf("%s %.60q: challenges %q, done %v, %v; want %q, %v", tt.mechanism, tt.say, got, done, err, tt.want, tt.err)
		}
	}
}

func TestNewExchangeRefuses(t *testing.T) {
	for _, name := range []string{"", "NTLM", "CRAM-MD5", "PLAIN\x00", "LOGIN ", strings.Repeat("A", 1<<16)} {
		if x, err := auth.NewExchange(name, check); err == nil || x != nil || len(err.Error()) > 300 {
			t.Errorf("NewExchange(%.40q) = %v, %v", name, x, err)
		}
	}
	if x, err := auth.NewExchange("PLAIN", nil); err == nil || x != nil {
		t.Errorf("NewExchange without verify = %v, %v", x, err)
	}
}

// What our client says, our server understands.
func TestClientAgainstServer(t *testing.T) {
	for _, mechanism := range []string{"PLAIN", "login"} {
		for _, initial := range []bool{false, true} {
			want := auth.Credentials{Username: "ann@contoso.com", Password: "pässword \r\n=", Mechanism: strings.ToUpper(mechanism)}
			client, err := auth.NewClient(mechanism, want)
			if err != nil {
				t.Fatal(err)
			}
			var got auth.Credentials
			server, err := auth.NewExchange(mechanism, func(c auth.Credentials) error { got = c; return nil })
			if err != nil {
				t.Fatal(err)
			}
			response, err := client.Start()
			if err != nil {
				t.Fatal(err)
			}
			pending := response
			if !initial {
				response = nil
			}
			for done := false; !done; {
				var challenge []byte
				challenge, done, err = server.Next(response)
				if err != nil {
					t.Fatalf("%s: %v", mechanism, err)
				}
				switch {
				case done:
				case len(challenge) == 0:
					response = pending
				default:
					if response, err = client.Next(challenge); err != nil {
						t.Fatalf("%s: %v", mechanism, err)
					}
				}
			}
			if got != want {
				t.Errorf("%s: the server heard another name or password", mechanism)
			}
			if b, err := client.Next([]byte("more")); err == nil {
				t.Errorf("%s: the client answers %d bytes to one challenge too many", mechanism, len(b))
			}
			if b, err := client.Start(); err == nil {
				t.Errorf("%s: a used client starts again with %d bytes", mechanism, len(b))
			}
		}
	}
}

func TestNewClientRefuses(t *testing.T) {
	good := auth.Credentials{Username: "ann", Password: "tea"}
	tests := []struct {
		mechanism string
		change    func(*auth.Credentials)
	}{
		{"NTLM", func(*auth.Credentials) {}},
		{"PLAIN", func(c *auth.Credentials) { c.Username = "" }},
		{"PLAIN", func(c *auth.Credentials) { c.Username = "a\x00b" }},
		{"LOGIN", func(c *auth.Credentials) { c.Password = "" }},
		{"LOGIN", func(c *auth.Credentials) { c.Password = "hunter2\x00" }},
		{"LOGIN", func(c *auth.Credentials) { c.Password = auth.Secret(strings.Repeat("hunter2", 1999)) }},
		{"PLAIN", func(c *auth.Credentials) { c.AuthzID = "\x00" }},
		{"LOGIN", func(c *auth.Credentials) { c.AuthzID = "root" }},
	}
	for i, tt := range tests {
		c := good
		tt.change(&c)
		if x, err := auth.NewClient(tt.mechanism, c); err == nil || x != nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("row %d: NewClient = %v, %v", i, x, err)
		}
	}
}

// The fuzz property: whatever comes, the exchange ends within three steps,
// verify is asked at most once and only with well-formed credentials, and a
// refusal is one of the two documented errors.
func fuzzExchange(t *testing.T, mechanism string, responses ...[]byte) {
	asked := 0
	x, err := auth.NewExchange(mechanism, func(c auth.Credentials) error {
		asked++
		if c.Username == "" || c.Password == "" || c.AuthzID != "" && !strings.EqualFold(c.AuthzID, c.Username) || c.Mechanism != mechanism {
			t.Fatalf("asked to verify name %q authzid %q", c.Username, c.AuthzID)
		}
		if strings.ContainsRune(c.Username+c.Password.Reveal(), 0) {
			t.Fatal("NUL in credentials")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	done := false
	for _, r := range responses {
		over := done
		var challenge []byte
		challenge, done, err = x.Next(r)
		if over && (!done || !errors.Is(err, auth.ErrMalformed)) {
			t.Fatal("went on after its end")
		}
		if err != nil && (!done || challenge != nil) {
			t.Fatalf("error %v with done=%v, challenge %q", err, done, challenge)
		}
		if err != nil && !errors.Is(err, auth.ErrMalformed) && !errors.Is(err, auth.ErrBadCredentials) {
			t.Fatalf("undocumented error %v", err)
		}
	}
	if !done || asked > 1 {
		t.Fatalf("after %d responses done=%v, verified %d times", len(responses), done, asked)
	}
}

func FuzzPlain(f *testing.F) {
	f.Add([]byte("\x00ann\x00tea"), true)     // the usual
	f.Add([]byte("ann\x00ann\x00tea"), false) // authzid as authcid
	f.Add([]byte("\x00\x00\x00"), true)       // one NUL too many
	f.Add([]byte{}, true)                     // "=" in SMTP
	f.Fuzz(func(t *testing.T, response []byte, initial bool) {
		if response == nil {
			response = []byte{}
		}
		if initial {
			fuzzExchange(t, "PLAIN", response, response)
		} else {
			fuzzExchange(t, "PLAIN", nil, response, response)
		}
	})
}

func FuzzLogin(f *testing.F) {
	f.Add([]byte("ann"), []byte("tea"), true)  // with initial response
	f.Add([]byte("ann"), []byte("tea"), false) // without
	f.Add([]byte{}, []byte("tea"), true)       // empty name
	f.Add([]byte("a\x00"), []byte{0xff}, true) // NUL, not UTF-8
	f.Fuzz(func(t *testing.T, name, password []byte, initial bool) {
		if name == nil {
			name = []byte{}
		}
		if initial {
			fuzzExchange(t, "LOGIN", name, password, password)
		} else {
			fuzzExchange(t, "LOGIN", nil, name, password, password)
		}
	})
}
