package scram_test

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/internal/scram"
	"github.com/interchange-smtp/interchange/permission"
)

// store has one user, amy; its error, if any, is that of every look-up.
type store struct{ err error }

const password = "Tr0ub4dor&3"

func (s store) HasKeys() bool { return true }

func (s store) ScramKeys(_ context.Context, user string, _ auth.Channel) (auth.ScramKeys, auth.Identity, error) {
	switch {
	case s.err != nil:
		return auth.ScramKeys{}, auth.Identity{}, s.err
	case user != "amy":
		return auth.UnknownKeys([]byte("secret"), user, 4096), auth.Identity{}, auth.ErrBadCredentials
	}
	return derive(password, "salt of 16 bytes", 4096), auth.Identity{Principal: permission.Authenticated("amy")}, nil
}

// derive is RFC 5802, section 3, written out.
func derive(password, salt string, iterations int) auth.ScramKeys {
	salted, err := pbkdf2.Key(sha256.New, password, []byte(salt), iterations, sha256.Size)
	if err != nil {
		panic(err)
	}
	mac := func(text string) []byte {
		m := hmac.New(sha256.New, salted)
		m.Write([]byte(text))
		return m.Sum(nil)
	}
	return auth.ScramKeys{Salt: []byte(salt), Iterations: iterations,
		StoredKey: sha256.Sum256(mac("Client Key")), ServerKey: [32]byte(mac("Server Key"))}
}

var exporter = []byte(strings.Repeat("e", 32))

// row is one exchange. change alters the client's messages on their way.
type row struct {
	name           string
	user, password string
	plus           bool
	server, client []byte // the tls-exporter of each side
	bindable       bool
	change         func(string) string
	broken         error // of the KeyStore
	want           error // nil: amy is logged on
	attempts       int
}

// TestExchange: who gets in, who doesn't, and what counts as a guess.
func TestExchange(t *testing.T) {
	down := errors.New("database is down")
	for _, r := range []row{
		{name: "right", user: "amy", password: password, attempts: 1},
		{name: "right, bound", user: "amy", password: password, plus: true, server: exporter, client: exporter, attempts: 1},
		{name: "right, not bound though it could be", user: "amy", password: password, server: exporter, attempts: 1},
		{name: "wrong password", user: "amy", password: "x", want: auth.ErrBadCredentials, attempts: 1},
		{name: "unknown user", user: "bob", password: password, want: auth.ErrBadCredentials, attempts: 1},
		{name: "bound to another connection", user: "amy", password: password, plus: true, server: exporter,
			client: []byte(strings.Repeat("f", 32)), want: auth.ErrBadCredentials, attempts: 1},
		{name: "-PLUS hidden from the client", user: "amy", password: password, server: exporter, bindable: true, want: auth.ErrBadCredentials},
		{name: "-PLUS without binding", user: "amy", password: password, plus: true, server: exporter, want: auth.ErrBadCredentials},
		{name: "keys can't be read", user: "amy", password: password, broken: down, want: down},
		{name: "as another user", user: "amy", password: password, want: auth.ErrBadCredentials,
			change: func(s string) string { return strings.Replace(s, "n,,", "n,a=bob,", 1) }},
		{name: "garbage", user: "amy", password: password, want: auth.ErrMalformed, change: func(string) string { return "\x00,," }},
		{name: "proof missing", user: "amy", password: password, want: auth.ErrMalformed,
			change: func(s string) string { s, _, _ = strings.Cut(s, ",p="); return s }},
		{name: "another's nonce", user: "amy", password: password, want: auth.ErrBadCredentials, attempts: 1,
			change: func(s string) string { return strings.Replace(s, "biws,r=", "biws,r=x", 1) }},
	} {
		t.Run(r.name, func(t *testing.T) { r.run(t) })
	}
}

func (r row) run(t *testing.T) {
	var id auth.Identity
	attempts := 0
	server, err := scram.NewServer(t.Context(), r.plus, store{r.broken}, auth.Channel{Exporter: r.server},
		func(user string, check func(context.Context) (auth.Identity, error)) (err error) {
			attempts++
			if user != r.user {
				t.Errorf("an attempt at %q", user)
			}
			id, err = check(t.Context())
			return err
		})
	if err != nil {
		t.Fatal(err)
	}
	client, err := scram.NewClient(auth.Credentials{Username: r.user, Password: auth.Secret(r.password)}, r.client, r.bindable)
	if err != nil {
		t.Fatal(err)
	}
	err = converse(client, server, r.change)
	if !errors.Is(err, r.want) || r.want == nil && (err != nil || id.Name != "amy") || attempts != r.attempts {
		t.Errorf("%v, %v after %d attempts; want %v after %d", id, err, attempts, r.want, r.attempts)
	}
	if _, done, again := server.Next([]byte("x")); !done || !errors.Is(again, auth.ErrMalformed) {
		t.Errorf("after the end: %v, %v", done, again)
	}
}

// converse lets both sides talk and returns the server's error.
func converse(client auth.Client, server auth.Exchange, change func(string) string) error {
	response, err := client.Start()
	for err == nil {
		if change != nil {
			response = []byte(change(string(response)))
		}
		challenge, done, failed := server.Next(response)
		if done {
			return failed
		}
		response, err = client.Next(challenge)
	}
	return err
}

// TestPrompt: a client without an initial response is asked for it.
func TestPrompt(t *testing.T) {
	server, err := scram.NewServer(t.Context(), false, store{}, auth.Channel{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if challenge, done, err := server.Next(nil); len(challenge) != 0 || done || err != nil {
		t.Errorf("%q, %v, %v", challenge, done, err)
	}
	if challenge, done, err := server.Next([]byte("n,,n=amy,r=nonce")); !strings.HasPrefix(string(challenge), "r=nonce") || done || err != nil {
		t.Errorf("%q, %v, %v", challenge, done, err)
	}
}

// TestPlusNeedsBinding: a connection without an exporter has no -PLUS.
func TestPlusNeedsBinding(t *testing.T) {
	if _, err := scram.NewServer(t.Context(), true, store{}, auth.Channel{}, nil); err == nil {
		t.Error("-PLUS without a binding")
	}
}

// TestUnknownUsers: the first answer is the same each time and looks like that of a user.
func TestUnknownUsers(t *testing.T) {
	answer := func(user string) (salt, iterations string) {
		server, err := scram.NewServer(t.Context(), false, store{}, auth.Channel{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		challenge, _, err := server.Next([]byte("n,,n=" + user + ",r=nonce"))
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(string(challenge), ",")
		return parts[1], parts[2]
	}
	known, iterations := answer("amy")
	unknown, same := answer("bob")
	again, _ := answer("bob")
	other, _ := answer("carl")
	if unknown != again || unknown == other || len(unknown) != len(known) || same != iterations {
		t.Errorf("amy %s %s, bob %s %s, again %s, carl %s", known, iterations, unknown, same, again, other)
	}
}

// TestServerProves: a client doesn't take a server's word for it.
func TestServerProves(t *testing.T) {
	client, err := scram.NewClient(auth.Credentials{Username: "amy", Password: password}, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	first, _ := client.Start()
	_, nonce, _ := strings.Cut(string(first), "r=")
	if _, err := client.Next([]byte("r=" + nonce + "x,s=c2FsdA==,i=4096")); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Next([]byte("v=" + strings.Repeat("A", 43) + "=")); err == nil {
		t.Error("a wrong proof of the server is accepted")
	}
	if client.(interface{ Proved() bool }).Proved() {
		t.Error("proved")
	}
}

// TestClientServesOnce: a client begins once, and has no answer behind the server's proof.
func TestClientServesOnce(t *testing.T) {
	server, err := scram.NewServer(t.Context(), false, store{}, auth.Channel{},
		func(_ string, check func(context.Context) (auth.Identity, error)) error {
			_, err := check(t.Context())
			return err
		})
	if err != nil {
		t.Fatal(err)
	}
	client, err := scram.NewClient(auth.Credentials{Username: "amy", Password: password}, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := converse(client, server, nil); err != nil {
		t.Fatal(err)
	}
	if b, err := client.Start(); err == nil {
		t.Errorf("it begins again with %q", b)
	}
	if b, err := client.Next([]byte("r=x,s=c2FsdA==,i=4096")); err == nil {
		t.Errorf("it answers %q to one challenge too many", b)
	}
}

// TestUnprepared: a name or password that SASLprep forbids goes as it is.
func TestUnprepared(t *testing.T) {
	for _, c := range []auth.Credentials{{Username: "amy\u0007", Password: "x"}, {Username: "amy", Password: "x\u0007"}} {
		client, err := scram.NewClient(c, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := client.Start(); err != nil || !strings.HasPrefix(string(text), "n,,n="+c.Username+",r=") {
			t.Errorf("%q, %v", text, err)
		}
	}
}

// TestRounds: a server can't keep a client busy with hashing.
func TestRounds(t *testing.T) {
	for _, rounds := range []string{"1000001", "99999999999999999999", "-", ""} {
		client, err := scram.NewClient(auth.Credentials{Username: "amy", Password: password}, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		first, _ := client.Start()
		_, nonce, _ := strings.Cut(string(first), "r=")
		if _, err := client.Next([]byte("r=" + nonce + "x,s=c2FsdA==,i=" + rounds)); err == nil {
			t.Errorf("%q rounds are made", rounds)
		} else if rounds != "" && rounds != "-" && !strings.Contains(err.Error(), "at most 1000000") {
			t.Errorf("%q: %v", rounds, err)
		}
	}
}

// FuzzServer: whatever a client sends, the server ends in order and lets no one in.
func FuzzServer(f *testing.F) {
	f.Add("n,,n=amy,r=nonce", "c=biws,r=nonce,p=AAAA")
	f.Add("p=tls-exporter,,n=amy,r=nonce", "c=,r=,p=")
	f.Add("y,a=x,n==2C=3D,r=", "")
	f.Fuzz(func(t *testing.T, first, final string) {
		for _, ch := range []auth.Channel{{}, {Exporter: exporter}} {
			var checked error
			server, err := scram.NewServer(t.Context(), ch.Exporter != nil, store{}, ch,
				func(_ string, check func(context.Context) (auth.Identity, error)) error {
					_, checked = check(t.Context())
					return checked
				})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range []string{first, final, ""} {
				_, done, err := server.Next([]byte(m))
				if done && err == nil {
					t.Fatal("logged on")
				}
				if done {
					break
				}
			}
		}
	})
}
