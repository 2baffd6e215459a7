package delivery_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

const (
	text8   = "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße\r\n"
	text7   = "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe\r\n"
	picture = "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n\x89PNG\r\n\x1a\n\x00\xff"
	coded   = "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgoA/w==\r\n"
	signed  = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\nü\r\n--s--\r\n--b--\r\n"
)

// TestConversion sends what clients may declare to hops that offer less. However
// long the message is, the next hop gets what it takes, and says so in MAIL.
func TestConversion(t *testing.T) {
	const refused = "554 5.6.3 Message can't be converted for a next hop that takes no 8-bit or binary content: " +
		"part 2 (multipart/signed) is signed, encrypted or a fragment, must not be changed, and has 8bit content"
	none := []string{"8BITMIME", "BINARYMIME", "SMTPUTF8"}
	for _, tc := range []struct {
		name     string
		declared envelope.BodyType
		omit     []string
		msg      string
		want     string // what arrives, or the refusal
		body     string // what MAIL declares
	}{
		{"8 bit to who takes it", envelope.EightBitMIME, nil, text8, text8, "8BITMIME"},
		{"8 bit to who doesn't", envelope.EightBitMIME, none, text8, text7, ""},
		{"8 bit to who has CHUNKING alone", envelope.EightBitMIME, []string{"8BITMIME", "SMTPUTF8"}, text8, text7, ""},
		{"8 bit, undeclared", envelope.SevenBit, none, text8, text8, ""},
		{"declared 8 bit, is 7", envelope.EightBitMIME, none, letter, letter, ""},
		{"binary to who takes it", envelope.BinaryMIME, nil, picture, picture, "BINARYMIME"},
		{"binary to who takes 8 bit", envelope.BinaryMIME, []string{"BINARYMIME"}, picture, coded, "8BITMIME"},
		{"binary to who has no CHUNKING", envelope.BinaryMIME, []string{"CHUNKING"}, picture, coded, "8BITMIME"},
		{"binary to who takes nothing", envelope.BinaryMIME, none, picture, coded, ""},
		{"declared binary, is 8 bit", envelope.BinaryMIME, []string{"BINARYMIME"}, text8, text8, "8BITMIME"},
		{"declared binary, is 7 bit", envelope.BinaryMIME, none, letter, letter, ""},
		{"signed to who takes it", envelope.EightBitMIME, nil, signed, signed, "8BITMIME"},
		{"signed to who doesn't", envelope.EightBitMIME, none, signed, refused, ""},
		{"signed, but 7 bit", envelope.EightBitMIME, none, strings.ReplaceAll(signed, "ü", "x"), strings.ReplaceAll(signed, "ü", "x"), ""},
	} {
		for _, long := range []bool{false, true} {
			w := newWorld(t, toHosts("192.0.2.1"))
			sink := w.sink("192.0.2.1:25", &relaytest.Sink{Omit: tc.omit})
			msg, want := tc.msg, tc.want
			if long { // by its header, so that the parts stay as they are
				more := strings.Repeat("X-More: and more of this\r\n", 4000)
				msg = more + msg
				if want != refused {
					want = more + want
				}
			}
			env := envelopeTo("b@fabrikam.com")
			env.Body = tc.declared
			got := attemptOf(w, env, msg)[0]
			m := sink.Messages()
			if want == refused {
				if !strings.HasPrefix(got, refused) || len(m) != 0 {
					t.Errorf("%s, long %t: %s, %d messages arrived", tc.name, long, got, len(m))
				}
				continue
			}
			if len(m) != 1 || !strings.HasPrefix(got, "ok") {
				t.Errorf("%s, long %t: %s, %d messages arrived", tc.name, long, got, len(m))
				continue
			}
			if string(m[0].Data) != want || string(m[0].Body) != tc.body {
				t.Errorf("%s, long %t: %.2000q arrived as %q, want %.2000q as %q", tc.name, long, m[0].Data, m[0].Body, want, tc.body)
			}
		}
	}
}

// A refusal that is found before the message has begun leaves the connection usable.
func TestConversionRefusedEarly(t *testing.T) {
	w := newWorld(t, toHosts("192.0.2.1"))
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{Omit: []string{"8BITMIME", "BINARYMIME", "SMTPUTF8"}})
	for range 3 {
		env := envelopeTo("b@fabrikam.com")
		env.Body = envelope.EightBitMIME
		expect(t, "signed", attemptOf(w, env, signed)[0], "554 5.6.3")
		expect(t, "afterwards", w.attempt("b@fabrikam.com")[0], "ok")
	}
	if n := sink.Connections(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// A message that breaks off while it is converted has no end for the next hop.
func TestConversionOfBrokenBody(t *testing.T) {
	broken := errors.New("client gone")
	w := newWorld(t, toHosts("192.0.2.1"))
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{Omit: []string{"8BITMIME", "BINARYMIME", "SMTPUTF8"}})
	for declared, header := range map[envelope.BodyType]string{
		envelope.EightBitMIME: "Subject: x\r\n\r\n",
		envelope.BinaryMIME:   "Content-Type: image/png\r\n\r\n",
	} {
		env := envelopeTo("b@fabrikam.com")
		env.Body = declared
		body := io.MultiReader(strings.NewReader(header+strings.Repeat("Grüße\r\n", 20_000)), iotest.ErrReader(broken))
		outcomes, err := w.handOver(t.Context(), "b@fabrikam.com", env, body)
		if err != nil || !errors.Is(outcomes[0].Err, broken) {
			t.Errorf("%v: %v, %v", declared, outcomes, err)
		}
		expect(t, declared.String(), told(t, outcomes[0]), "451 4.3.0")
	}
	if n := len(sink.Messages()); n != 0 {
		t.Errorf("%d messages arrived", n)
	}
}
