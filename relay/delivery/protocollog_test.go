package delivery_test

import (
	"encoding/base64"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// logged returns a connector with BasicAuth or OAuth to a smart host with TLS that is logged, a
// world with the host, and its protocol log.
func logged(t *testing.T, mechanism auth.Mechanism, level param.ProtocolLogging) (*world, *strings.Builder) {
	t.Helper()
	trusted, _ := authority(t)
	c := credentialed("smtp.example", mechanism)
	c.Port, c.ProtocolLoggingLevel = 587, level
	if mechanism == auth.OAuth {
		c.AuthenticationCredential.Password = ""
	}
	w, log := newWorld(t, c), new(strings.Builder)
	w.sender.RootCAs = trusted.Pool()
	w.sender.Tokens = func(*connector.Outbound, param.SmartHost) delivery.TokenSource { return &tokens{now: "secret-token"} }
	w.sender.ProtocolLog = relaytest.ProtocolLog(log, "Send")
	w.dns.AddHost("smtp.example", addr("192.0.2.1"))
	certificate := issued(t, trusted, "smtp.example")
	w.sink("192.0.2.1:587", &relaytest.Sink{Users: map[string]string{"hub": password}, Certificate: &certificate,
		Tokens: func(user, token string) bool { return user == "hub" && token == "secret-token" }})
	return w, log
}

// TestSendProtocolLog: the log has the connection from the call to its end with one session ID,
// and neither credentials nor content. A connector that isn't Verbose has no lines.
func TestSendProtocolLog(t *testing.T) {
	for _, mechanism := range []auth.Mechanism{auth.BasicAuth, auth.OAuth} {
		w, log := logged(t, mechanism, param.LoggingVerbose)
		expect(t, "sent", w.send("b@fabrikam.com"), "ok")
		w.sender.Close()
		text := log.String()
		for _, secret := range []string{password, "secret-token", base64.StdEncoding.EncodeToString([]byte(password)),
			base64.StdEncoding.EncodeToString([]byte("\x00hub\x00" + password)), "Subject:"} {
			if strings.Contains(text, secret) {
				t.Errorf("%v: the log has %q:\n%s", mechanism, secret, text)
			}
		}
		_, lines, _ := strings.Cut(text, event.LineFields+"\r\n")
		records, err := csv.NewReader(strings.NewReader(lines)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		events := ""
		for _, r := range records {
			events += r[6]
			if r[2] != records[0][2] || len(r[2]) != 16 || r[5] != "192.0.2.1:587" {
				t.Errorf("%v: %q", mechanism, r)
			}
		}
		if !strings.HasPrefix(events, "*+<><><**>") || !strings.HasSuffix(events, ">-") {
			t.Errorf("%v: %s\n%s", mechanism, events, text)
		}
		for _, want := range []string{"attempting to connect", ">,STARTTLS,", "Remote certificate Subject", "TLS protocol SP_PROT_TLS1_3_CLIENT negotiation succeeded",
			">,AUTH ", ">,MAIL FROM:<", ">,RCPT TO:<b@fabrikam.com>", ">,QUIT,", "-,,Local"} {
			if !strings.Contains(text, want) {
				t.Errorf("%v: the log lacks %q:\n%s", mechanism, want, text)
			}
		}
	}
	w, log := logged(t, auth.BasicAuth, param.LoggingNone)
	expect(t, "sent", w.send("b@fabrikam.com"), "ok")
	if log.Len() > 0 {
		t.Errorf("logged without being asked: %s", log)
	}
}

// TestSendProtocolLogOfFailure: the log says why a host can't be reached.
func TestSendProtocolLogOfFailure(t *testing.T) {
	c := toHosts("192.0.2.7")
	c.ProtocolLoggingLevel = param.LoggingVerbose
	w, log := newWorld(t, c), new(strings.Builder)
	w.sender.ProtocolLog = relaytest.ProtocolLog(log, "Send")
	w.send("b@fabrikam.com")
	if text := log.String(); !strings.Contains(text, "Failed to connect. Error: ") || strings.Contains(text, ",+,") {
		t.Error(text)
	}
}
