package relay_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/routing"
)

// directory knows amy, and fails for those whose names begin with x.
type directory struct{ asked []string }

func (d *directory) Exists(_ context.Context, client netip.Addr, to routing.Address) (bool, error) {
	d.asked = append(d.asked, client.String()+" "+to.String())
	if strings.HasPrefix(to.Local(), "x") {
		return false, errors.New("the directory is away")
	}
	return to.Local() == "amy", nil
}

// Unknown recipients of authoritative domains are refused to clients without
// ms-Exch-Bypass-Anti-Spam, and count as errors; no other recipients are looked up.
func TestRecipients(t *testing.T) {
	trusted := fromAnonymousGateway(anyRecipient(), permission.Grant{
		To: permission.SIDAnonymous, Allow: permission.SetOf(permission.BypassAntiSpam)})
	d := new(directory)
	w := serve(t, policy(t, defaultHub(), trusted), func(s *relay.Server) { s.Recipients = d })
	c := w.hello(stranger, hub)
	c.Do("MAIL FROM:<>", 250)
	c.Do("RCPT TO:<bob@contoso.com>", 550) // relaying is refused before
	c.Do("RCPT TO:<"+inside+">", 250)
	c.Do("RCPT TO:<postmaster@fabrikam.com>", 250)
	if text := c.Do("RCPT TO:<nobody@fabrikam.com>", 550); text != "5.1.1 User unknown" {
		t.Error(text)
	}
	if text := c.Do("RCPT TO:<x@fabrikam.com>", 451); !strings.HasPrefix(text, "4.4.3 ") {
		t.Error(text)
	}
	w.waitFor("reason=recipient-unknown")
	w.waitFor(`error="the directory is away"`)
	for range 3 {
		c.Do("RCPT TO:<nobody@fabrikam.com>", 550)
	}
	c.Send("RCPT TO:<nobody@fabrikam.com>") // the sixth error of five
	c.Expect(550)
	c.Expect(421)
	c.Closed()
	asked := len(d.asked)
	if asked != 7 || d.asked[0] != stranger+" "+inside {
		t.Errorf("%d asked: %v", asked, d.asked)
	}
	c = w.hello(gateway, hub)
	c.Do("MAIL FROM:<>", 250)
	c.Do("RCPT TO:<nobody@fabrikam.com>", 250)
	if len(d.asked) != asked {
		t.Errorf("asked for a client with ms-Exch-Bypass-Anti-Spam: %v", d.asked[asked:])
	}
}
