package relay_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// transfers are the ways for a message into the relay.
var transfers = map[string]func(c *relaytest.Client, to, data string){
	"DATA": func(c *relaytest.Client, to, data string) {
		c.Do("MAIL FROM:<bob@contoso.com> BODY=8BITMIME", 250)
		c.Do("RCPT TO:<"+to+">", 250)
		c.Do("DATA", 354)
		stuffed := strings.ReplaceAll("\r\n"+data, "\r\n.", "\r\n..")[2:]
		c.SendRaw(stuffed + ".\r\n")
		c.Expect(250)
	},
	"BDAT": func(c *relaytest.Client, to, data string) {
		c.Do("MAIL FROM:<bob@contoso.com> BODY=8BITMIME", 250)
		c.Do("RCPT TO:<"+to+">", 250)
		c.SendRaw("BDAT 7\r\n" + data[:7])
		c.Expect(250)
		c.SendRaw("BDAT " + strconv.Itoa(len(data)-7) + " LAST\r\n" + data[7:])
		c.Expect(250)
	},
}

// A DKIM signature that was made before the relay verifies after it.
func TestDKIMSurvives(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	lookup := func(string) ([]string, error) {
		return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
	}
	header := "Received: from a by b; Mon, 1 Jan 2007 00:00:00 +0000\r\nFrom: Bob <bob@contoso.com>\r\n" +
		"To: amy@fabrikam.com\r\nSubject:  two  blanks \t\r\n folded\r\nX-Odd:no blank\r\n" +
		"X-MS-Exchange-Organization-SCL: -1\r\nMessage-ID: <1@contoso.com>\r\n"
	for name, body := range map[string]string{
		"plain":           "Hello.\r\n",
		"empty":           "",
		"8 bit":           "gr\xfc\xdfe \xe2\x82\xac\r\n",
		"dots":            ".\r\n..\r\n.x\r\n",
		"long line":       strings.Repeat("x", 200_000) + "\r\n",
		"trailing blanks": "x \t \r\n\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			var signed bytes.Buffer
			err := dkim.Sign(&signed, strings.NewReader(header+"\r\n"+body), &dkim.SignOptions{
				Domain: "contoso.com", Selector: "s", Signer: private,
				HeaderKeys: []string{"From", "To", "Subject", "X-Odd", "Message-ID"},
			})
			if err != nil {
				t.Fatal(err)
			}
			w := serve(t, policy(t, defaultHub()), nil)
			for _, transfer := range transfers {
				transfer(w.hello(stranger, hub), inside, signed.String())
				all := w.mailbox.letters()
				got := all[len(all)-1].data
				results, err := dkim.VerifyWithOptions(strings.NewReader(got), &dkim.VerifyOptions{LookupTXT: lookup})
				if err != nil || len(results) != 1 || results[0].Err != nil {
					t.Errorf("verification: %v, %+v", err, results)
				}
				if !strings.HasSuffix(got, "\r\n\r\n"+body) {
					t.Error("the body has changed")
				}
			}
		})
	}
}

// No message is held in memory whole.
func TestMessagesStream(t *testing.T) {
	if raceEnabled {
		t.Skip("memory figures mean nothing under the race detector")
	}
	const size = 64 << 20
	var got int64
	r := defaultHub()
	r.MaxMessageSize = 1 * param.GB
	w := serve(t, policy(t, r), handle(func(_ context.Context, _ *relay.Envelope, body io.Reader) error {
		var err error
		got, err = io.Copy(io.Discard, body)
		return err
	}))
	c := w.hello(stranger, hub)
	const header = "Subject: x\r\n\r\n"
	chunk := bytes.Repeat([]byte(strings.Repeat("x", 998)+"\r\n"), 64)
	var before, after runtime.MemStats
	for _, how := range []string{"DATA", "BDAT"} {
		c.Do("MAIL FROM:<>", 250)
		c.Do("RCPT TO:<"+inside+">", 250)
		if how == "DATA" {
			c.Do("DATA", 354)
		} else {
			c.SendRaw("BDAT " + strconv.Itoa(len(header)+size/len(chunk)*len(chunk)) + " LAST\r\n")
		}
		c.SendRaw(header)
		runtime.ReadMemStats(&before)
		for range size / len(chunk) {
			if _, err := c.Conn.Write(chunk); err != nil {
				t.Fatal(err)
			}
		}
		if how == "DATA" {
			c.SendRaw(".\r\n")
		}
		c.Expect(250)
		runtime.ReadMemStats(&after)
		if got < size-int64(len(chunk)) {
			t.Errorf("%s: %d bytes arrived", how, got)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
			t.Errorf("%s: %d bytes were allocated for a message of %d", how, used, size)
		}
	}
}

// A header is bounded even where nothing else is.
func TestEndlessHeader(t *testing.T) {
	w := only(t, func(r *connector.Receive) { r.MaxMessageSize = 1 * param.GB })
	c := w.hello(stranger, hub)
	c.Do("MAIL FROM:<>", 250)
	c.Do("RCPT TO:<"+inside+">", 250)
	c.Do("DATA", 354)
	for range 100 {
		c.SendRaw("X-Filler: " + strings.Repeat("x", 9_988) + "\r\n")
	}
	c.SendRaw("\r\n.\r\n")
	c.Expect(552)
}

// Many headers at once share a budget. A source that would have more than its
// share is refused for now, and ordinary mail of others passes all the time.
func TestHeadersShareMemory(t *testing.T) {
	w := only(t, func(*connector.Receive) {})
	ordinary := strings.Repeat("X-Line: "+strings.Repeat("y", 60)+"\r\n", 100) + message
	for _, tc := range []struct {
		line  string
		lines int
	}{
		{"X-Filler: " + strings.Repeat("x", 9_988) + "\r\n", 20},
		{"a:\r\n", 15_000}, // little to send, much to keep account of
	} {
		header := strings.Repeat(tc.line, tc.lines)
		chunk := "BDAT " + strconv.Itoa(len(header)) + "\r\n" + header
		var taken []*relaytest.Client
		for i := range 10 { // sources
			refused := 0
			for range 20 {
				c := w.beginFrom(fmt.Sprintf("203.0.113.%d", 20+i))
				c.SendRaw(chunk)
				switch code, text := c.Reply(); code { // once the chunk has been read
				case 452:
					refused++
				case 250:
					taken = append(taken, c)
				default:
					t.Fatal(code, text)
				}
			}
			if refused < 5 {
				t.Errorf("%.10q: only %d of 20 messages of one source were put off", tc.line, refused)
			}
			send(w.begin(), ordinary, 250)
		}
		for _, c := range taken {
			c.SendRaw("BDAT 2 LAST\r\n\r\n")
			if code, text := c.Reply(); code != 250 && code != 452 { // two more bytes may be too many
				t.Error(code, text)
			}
		}
		c := w.begin()
		c.SendRaw(chunk)
		c.Expect(250)
	}
}

// TestTransactionsAreShared: one source can't have so many transactions open that
// others can't begin one.
func TestTransactionsAreShared(t *testing.T) {
	w := only(t, func(r *connector.Receive) {
		r.MaxInboundConnectionPerSource, r.MaxInboundConnectionPercentagePerSource = param.Unlimited, 100
	})
	opened := 0
	for range 300 {
		c := w.hello("203.0.113.66", hub)
		c.Send("MAIL FROM:<>")
		switch code, text := c.Reply(); code {
		case 250:
			opened++
		case 452:
		default:
			t.Fatal(code, text)
		}
	}
	if opened != 256 {
		t.Errorf("one source has %d transactions open, want 256", opened)
	}
	send(w.begin(), message, 250)
}

// A header that is too much to keep account of is refused for good: to come back
// would not help it.
func TestHeaderOfTooManyLines(t *testing.T) {
	w := only(t, func(*connector.Receive) {})
	send(w.begin(), strings.Repeat("a:\r\n", 60_000)+"\r\n", 552)
}

// Whatever bytes a message has, they arrive behind the trace field, or it is
// refused.
func TestBodiesArriveUnchanged(t *testing.T) {
	w := only(t, func(r *connector.Receive) { r.MaxProtocolErrors = param.Value(param.Unlimited) })
	rnd := rand.New(rand.NewPCG(3, 4))
	alphabet := []string{"\r\n", ".", "x", "\r\n.", "\xff", "Received: a\r\n", "\t", " ", strings.Repeat("y", 5000)}
	for range 200 {
		data := "Subject: x\r\n\r\n"
		for range rnd.IntN(30) {
			data += alphabet[rnd.IntN(len(alphabet))]
		}
		data += "\r\n"
		c := w.hello(stranger, hub)
		c.Do("MAIL FROM:<> BODY=8BITMIME", 250)
		c.Do("RCPT TO:<"+inside+">", 250)
		c.Do("DATA", 354)
		c.SendRaw(strings.ReplaceAll(data, "\r\n.", "\r\n..") + ".\r\n")
		c.Expect(250)
		all := w.mailbox.letters()
		got := all[len(all)-1].data
		if i := strings.Index(got, "Subject: x"); i < 0 || got[i:] != data || strings.Count(got[:i], "Received: ") != 1 {
			t.Fatalf("sent %q\ngot %q", data, got)
		}
		c.Close()
	}
}
