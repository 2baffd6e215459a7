//go:build !race

package connector_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// TestNoAllocations holds the promise of the hot path.
func TestNoAllocations(t *testing.T) {
	p := compile(t, guide(permission.Current))
	local, remote := at("10.2.3.4:25"), ip("192.168.5.77")
	in := p.Select(local, remote, nil)
	ch := auth.Channel{TLS: true}
	anonymous := in.Open(ch, nil)
	id := user("ann@fabrikam.com")
	id.Domains = []auth.SenderDomain{{Domain: addr("a@tenant.test").Domain(), Below: true}}
	ann := login(t, p.Select(local, ip("203.0.113.5"), nil), id)
	mail := connector.Mail{From: addr("a@example.net"), Size: 1000}
	own := connector.Mail{From: addr("ann@fabrikam.com"), Size: 1 << 40}
	tenant := connector.Mail{From: addr("a@x.tenant.test")}
	ours, foreign := connector.Rcpt{To: addr("a@fabrikam.com")}, connector.Rcpt{To: addr("a@example.net"), Accepted: 500}
	routed := connector.Rcpt{To: addr("a%b@fabrikam.com")}
	authors := []routing.Address{mail.From, own.From}
	filter := anonymous.Headers()
	tests := map[string]func(){
		"Select": func() { p.Select(local, remote, nil) },
		"Open":   func() { in.Open(ch, nil) },
		"Hello":  func() { anonymous.Hello("mail.example.net") },
		"Auth":   func() { anonymous.Auth("PLAIN") },
		"Mail": func() {
			anonymous.Mail(mail)
			ann.Mail(mail)
			ann.Mail(own)
			ann.Mail(tenant)
			connector.Session{}.Mail(mail)
		},
		"Authors": func() { anonymous.Authors(authors, true); ann.Authors(authors, true) },
		"Rcpt":    func() { anonymous.Rcpt(ours); anonymous.Rcpt(foreign); ann.Rcpt(foreign); ann.Rcpt(routed) },
		"Message": func() { anonymous.Message(connector.Message{Size: 1 << 40}); ann.Message(connector.Message{Size: 100}) },
		"Route":   func() { p.Route(foreign.To, 100, nil); p.Route(ours.To, 100, nil) },
		"Headers": func() {
			anonymous.Headers()
			_ = filter.Keep("X-MS-Exchange-Organization-SCL") || filter.Keep("Received")
		},
		"Reply": func() { _ = ann.Rcpt(routed).Reply() },
	}
	for name, f := range tests {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
