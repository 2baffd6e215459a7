package smtpclient_test

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// The steps of a next hop to which nothing happens.
var (
	greeting    = []string{"220 hop\r\n", ">EHLO hub.contoso.com", "250-hop\r\n250 Pipelining\r\n"}
	transaction = []string{">MAIL FROM:<a@contoso.com>\r\n", "250 2.1.0 ok\r\n", ">RCPT TO:<b@fabrikam.com>\r\n", "250 ok\r\n"}
	message     = []string{">DATA\r\n", "354 go\r\n", body, "250 2.6.0 queued\r\n"}
)

func script(parts ...[]string) (all []string) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func TestDelivery(t *testing.T) {
	nc, heard := hop(t, script(greeting, transaction, message)...)
	r, c, err := send(nc, smtpclient.Config{}, text("A: b\r\n\r\n.\r\nx"))
	if err != nil || r.String() != "250 2.6.0 queued" || !c.Reusable() {
		t.Fatalf("%v, %v", r, err)
	}
	if want := "DATA\r\nA: b\r\n\r\n..\r\nx\r\n.\r\n"; !strings.HasSuffix(heard.String(), want) {
		t.Errorf("hop heard %q, want %q at the end", heard, want)
	}
}

// TestFaults puts every fault at every step. Whatever isn't a well-formed
// refusal must not carry a reply, so that it isn't taken for one.
func TestFaults(t *testing.T) {
	whole := script(greeting, transaction, message)
	for i, step := range whole {
		if step[0] == '>' || step == body {
			continue
		}
		for _, fault := range []struct {
			name, says string
			code       int
		}{
			{"close", closeNow, 0}, {"reset", resetNow, 0}, {"hang", hang, 0},
			{"4xx", "450 4.2.1 later\r\n", 450}, {"5xx", "550 5.1.1 no\r\n", 550}, {"421", "421 4.3.2 closing\r\n", 421},
			{"1xx", "150 what\r\n", 0}, {"6xx", "650 what\r\n", 0},
			{"mixed", "550-no\r\n250 ok\r\n", 0}, {"mixed, 3xx", "250-ok\r\n354 go\r\n", 0},
			{"garbage", "hello\r\n", 0}, {"no space", "250ok\r\n", 0}, {"four digits", "2500 ok\r\n", 0}, {"short", "25\r\n", 0},
			{"endless line", "250 " + strings.Repeat("x", 1<<20) + "\r\n", 0},
			{"endless", strings.Repeat("250-x\r\n", 1<<18), 0},
			{"cut", "250-ok\r\n", 0}, {"empty", "\r\n", 0},
		} {
			faulty := append(append([]string{}, whole[:i]...), fault.says)
			if fault.name == "cut" || fault.code == 450 || fault.code == 550 {
				faulty = append(faulty, closeNow) // a refusal counts even if it is all that is said
			}
			synctest.Test(t, func(t *testing.T) { // where minutes of waiting cost no time
				nc, _ := hop(t, faulty...)
				_, c, err := send(nc, smtpclient.Config{}, text("A: b\r\n\r\nx\r\n"))
				var e *smtpclient.Error
				if !errors.As(err, &e) {
					t.Fatalf("%s instead of %q: %v", fault.name, step, err)
				}
				if e.Reply.Code != fault.code {
					t.Errorf("%s instead of %q: %v, want code %d", fault.name, step, err, fault.code)
				}
				if c != nil && c.Reusable() && fault.code != 450 && fault.code != 550 {
					t.Errorf("%s instead of %q: connection is kept", fault.name, step)
				}
			})
		}
	}
}

// TestOutOfPlace has replies that are well formed and mean nothing where they stand.
func TestOutOfPlace(t *testing.T) {
	for name, steps := range map[string][]string{
		"250 behind 354": script(greeting, transaction, []string{">DATA", "354 go\r\n250 taken\r\n"}),
		"2xx to DATA":    script(greeting, transaction, []string{">DATA", "250 ok\r\n"}),
		"354 to MAIL":    script(greeting, []string{">MAIL", "354 go\r\n"}),
		"354 to RCPT":    script(greeting, transaction[:3], []string{"354 go\r\n"}),
		"354 to the dot": script(greeting, transaction, message[:3], []string{"354 go\r\n"}),
		"354 to EHLO":    {"220 hop\r\n", ">EHLO", "354 go\r\n"},
	} {
		nc, _ := hop(t, steps...)
		_, c, err := send(nc, smtpclient.Config{}, text("x\r\n"))
		var e *smtpclient.Error
		if !errors.As(err, &e) || e.Reply.Code != 0 || c != nil && c.Reusable() {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLoneDot is RFC 2920 section 3.1: 354 although no recipient was accepted.
func TestLoneDot(t *testing.T) {
	nc, heard := hop(t, script(greeting, transaction[:3], []string{"550 5.1.1 unknown\r\n", ">DATA", "354 go\r\n", ">.", "554 no recipients\r\n",
		">RSET", "250 ok\r\n"}, transaction, message)...)
	_, c, err := send(nc, smtpclient.Config{}, text("secret\r\n"))
	var e *smtpclient.Error
	if !errors.As(err, &e) || e.Reply.Code != 550 || !c.Reusable() {
		t.Fatalf("%v", err)
	}
	ctx := context.Background()
	answers, err := c.Begin(ctx, from("a@contoso.com"), recipient(), true)
	if err != nil || answers[0] != nil {
		t.Fatalf("second transaction: %v, %v", answers, err)
	}
	if _, err := c.Data(t.Context(), text("x\r\n")); err != nil {
		t.Error(err)
	}
	if strings.Contains(heard.String(), "secret") {
		t.Errorf("hop heard %q", heard)
	}
}

// TestChunks is a message of two chunks and a bit, to a next hop that has BDAT.
func TestChunks(t *testing.T) {
	const chunk = 64 << 10
	for _, pipelining := range []string{"PIPELINING", "X-OTHER"} {
		rest := strings.Repeat("0123456789abcde\n", chunk/8) + "x"
		steps := script([]string{"220 hop\r\n", ">EHLO", "250-hop\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250 " + pipelining + "\r\n", ">MAIL"}, transaction[1:],
			[]string{">BDAT 3\r\n", "#3", "250 ok\r\n", ">BDAT 65536\r\n", "#65536", "250 ok\r\n", ">BDAT 65536\r\n", "#65536", "250 ok\r\n",
				">BDAT 1\r\n", "#1", "250 ok\r\n", ">BDAT 0 LAST\r\n", "250 2.6.0 queued\r\n"})
		nc, heard := hop(t, steps...)
		m := from("a@contoso.com")
		m.Body = envelope.BinaryMIME
		c := begin(t, nc, m)
		r, err := c.Data(t.Context(), smtpclient.Message{Head: []byte("a\nb"), Rest: strings.NewReader(rest), Body: envelope.BinaryMIME})
		if err != nil || r.Code != 250 || !c.Reusable() {
			t.Errorf("%v, %v", r, err)
		}
		if s := heard.String(); !strings.Contains(s, "BODY=BINARYMIME\r\n") || !strings.HasSuffix(s, "BDAT 0 LAST\r\n") {
			t.Errorf("hop heard %q", s)
		}
	}
}

// lines is a body of lines that tells in whose memory it was read.
type lines struct {
	io.Reader
	memory map[*byte]bool
}

// Read implements io.Reader.
func (l *lines) Read(p []byte) (int, error) {
	l.memory[&p[0]] = true
	return l.Reader.Read(p)
}

// TestMemoryOfABody: what follows the beginning of a message is read into the memory of
// the beginning, by DATA and by BDAT.
func TestMemoryOfABody(t *testing.T) {
	const size, chunk = 100_000, 16 << 10
	rest := strings.Repeat("0123456789abcdef0123456789abcd\r\n", size/32)
	for name, ehlo := range map[string]string{"DATA": "250-hop\r\n250 PIPELINING\r\n", "BDAT": "250-hop\r\n250-CHUNKING\r\n250 PIPELINING\r\n"} {
		steps := script([]string{"220 hop\r\n", ">EHLO", ehlo}, transaction)
		if name == "DATA" {
			steps = append(steps, ">DATA", "354 go\r\n", "#"+strconv.Itoa(chunk+size), ">.\r\n", "250 2.6.0 queued\r\n")
		} else {
			steps = append(steps, ">BDAT", "#"+strconv.Itoa(chunk), "250 ok\r\n")
			for left := size; left > 0; left -= chunk {
				steps = append(steps, ">BDAT", "#"+strconv.Itoa(min(left, chunk)), "250 ok\r\n")
			}
			steps = append(steps, ">BDAT 0 LAST\r\n", "250 2.6.0 queued\r\n")
		}
		nc, _ := hop(t, steps...)
		c := begin(t, nc, from("a@contoso.com"))
		head := []byte(strings.Repeat("x", chunk-2) + "\r\n")
		l := &lines{strings.NewReader(rest), map[*byte]bool{}}
		if r, err := c.Data(t.Context(), smtpclient.Message{Head: head, Rest: l}); err != nil || r.Code != 250 {
			t.Errorf("%s: %v, %v", name, r, err)
		}
		if !l.memory[&head[0]] || name == "DATA" && len(l.memory) != 1 {
			t.Errorf("%s: the body was read into other memory", name)
		}
	}
}

// TestBrokenBody: a body that ends in an error has no end for the next hop.
func TestBrokenBody(t *testing.T) {
	broken := errors.New("client gone")
	for name, ehlo := range map[string]string{"DATA": "250-hop\r\n250 PIPELINING\r\n", "BDAT": "250-hop\r\n250-CHUNKING\r\n250 PIPELINING\r\n"} {
		steps := script([]string{"220 hop\r\n", ">EHLO", ehlo}, transaction)
		if name == "DATA" {
			steps = append(steps, ">DATA", "354 go\r\n", body)
		} else {
			steps = append(steps, ">BDAT", ">x\r\n", "250 ok\r\n", ">BDAT", ">y")
		}
		nc, heard := hop(t, steps...)
		c := begin(t, nc, from("a@contoso.com"))
		rest := io.MultiReader(strings.NewReader("y\r\n"), iotest.ErrReader(broken))
		_, err := c.Data(t.Context(), smtpclient.Message{Head: []byte("x\r\n"), Rest: rest})
		var source *smtpclient.BodyError
		if !errors.As(err, &source) || !errors.Is(err, broken) || c.Reusable() {
			t.Errorf("%s: %v", name, err)
		}
		c.Close()
		if s := heard.String(); strings.Contains(s, "\r\n.\r\n") || strings.Contains(s, "LAST") || strings.Contains(s, "QUIT") {
			t.Errorf("%s: hop heard %q", name, s)
		}
	}
}

func TestContent(t *testing.T) {
	for _, tc := range []struct {
		name string
		m    smtpclient.Message
		want error
	}{
		{"bare LF", text("a\nb\r\n"), smtpclient.ErrBareCRLF},
		{"bare CR", text("a\rb\r\n"), smtpclient.ErrBareCRLF},
		{"CR at the end", text("a\r"), smtpclient.ErrBareCRLF},
		{"CR . CR", text("a\r\n.\rb\r\n"), smtpclient.ErrBareCRLF},
		{"CR | LF in parts", smtpclient.Message{Head: []byte("a\r"), Rest: strings.NewReader("\nb\r\n")}, nil},
		{"CR | x in parts", smtpclient.Message{Head: []byte("a\r"), Rest: strings.NewReader("b\r\n")}, smtpclient.ErrBareCRLF},
		{"8 bit undeclared", text("\xfc\r\n"), nil},
		{"declared, but 7 bit", smtpclient.Message{Head: []byte("x\r\n"), Body: envelope.EightBitMIME}, nil},
	} {
		nc, heard := hop(t, script(greeting, transaction, message)...)
		_, c, err := send(nc, smtpclient.Config{}, tc.m)
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
		if c.Close(); tc.want != nil && strings.Contains(heard.String(), "\r\n.\r\n") {
			t.Errorf("%s: hop heard %q", tc.name, heard)
		}
	}
}

// TestEarlyRefusal: the next hop refuses in the middle of the message and closes.
func TestEarlyRefusal(t *testing.T) {
	for name, steps := range map[string][]string{
		"DATA": {"250 PIPELINING\r\n", ">DATA", "354 go\r\n", ">x", "552 5.3.4 too big\r\n", closeNow},
		"BDAT": {"250-hop\r\n250-CHUNKING\r\n250 PIPELINING\r\n", ">BDAT", ">x", "552 5.3.4 too big\r\n", closeNow},
	} {
		nc, _ := hop(t, script([]string{"220 hop\r\n", ">EHLO", "250-hop\r\n" + steps[0]}, transaction, steps[1:])...)
		c := begin(t, nc, from("a@contoso.com"))
		rest := strings.NewReader(strings.Repeat("0123456789\r\n", 1<<20))
		_, err := c.Data(t.Context(), smtpclient.Message{Head: []byte("x\r\n"), Rest: rest})
		var e *smtpclient.Error
		if !errors.As(err, &e) || e.Reply.Code != 552 {
			t.Errorf("%s: %v, want 552", name, err)
		}
	}
}

func TestContextEndsWaiting(t *testing.T) {
	nc, _ := hop(t, "220 hop\r\n", ">EHLO", hang)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := smtpclient.Open(ctx, nc, smtpclient.Config{Name: "x"}); err == nil {
		t.Error("Open went on")
	}
}

func TestAuth(t *testing.T) {
	secret := &auth.Credentials{Username: "hub", Password: "s3cret"}
	for _, tc := range []struct {
		name  string
		steps []string
		want  string // of the error; "": no error
	}{
		{"LOGIN first", []string{"250-hop\r\n250 auth PLAIN LOGIN\r\n", ">AUTH LOGIN\r\n", "334 VXNlcm5hbWU6\r\n", ">aHVi\r\n", "334 UGFzc3dvcmQ6\r\n", ">czNjcmV0\r\n", "235 ok\r\n"}, ""},
		{"PLAIN", []string{"250-hop\r\n250 AUTH PLAIN\r\n", ">AUTH PLAIN AGh1YgBzM2NyZXQ=\r\n", "235 ok\r\n"}, ""},
		{"none", []string{"250 hop\r\n"}, smtpclient.ErrNoAuth.Error()},
		{"unknown", []string{"250-hop\r\n250 AUTH NTLM\r\n"}, smtpclient.ErrNoAuth.Error()},
		{"refused", []string{"250-hop\r\n250 AUTH PLAIN\r\n", ">AUTH", "535 5.7.8 no AGh1YgBzM2NyZXQ=\r\n"}, "535"},
		{"354 for the last time", []string{"250-hop\r\n250 AUTH PLAIN\r\n", ">AUTH", "354 bW9yZQ==\r\n"}, "asks for more"},
		{"endless", []string{"250-hop\r\n250 AUTH PLAIN\r\n", ">AUTH", "334 bW9yZQ==\r\n"}, "asks for more"},
	} {
		nc, _ := hop(t, script([]string{"220 hop\r\n", ">EHLO"}, tc.steps)...)
		_, err := smtpclient.Open(context.Background(), nc, smtpclient.Config{Name: "x", Auth: secret})
		switch {
		case tc.want == "" && err != nil, tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		case err != nil && (strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "AGh1")):
			t.Errorf("%s: the error tells the password: %v", tc.name, err)
		}
	}
}

func TestHELO(t *testing.T) {
	nc, heard := hop(t, "220 hop\r\n", ">HELO hub", "250 hop\r\n", ">MAIL", "250 ok\r\n", ">RCPT", "250 ok\r\n", ">DATA", "354 go\r\n", body, "250 ok\r\n")
	if _, _, err := send(nc, smtpclient.Config{HELO: true}, text("x\r\n")); err != nil {
		t.Error(err, heard)
	}
	nc, _ = hop(t, "220 hop\r\n", ">EHLO hub", "502 what\r\n", ">HELO hub", "250 hop\r\n", ">MAIL", "250 ok\r\n", ">RCPT", "250 ok\r\n", ">DATA", "354 go\r\n", body, "250 ok\r\n")
	if _, _, err := send(nc, smtpclient.Config{}, text("x\r\n")); err != nil {
		t.Error(err)
	}
}
