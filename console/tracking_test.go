package console

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// trackingLog is a log with a message that was refused once and delivered then, and one with hostile texts.
const trackingLog = "#Fields: date-time,client-hostname,server-hostname,event-id,source,message-id,network-message-id,recipient-address,recipient-status,sender-address,message-subject,custom-data\r\n" +
	"2026-11-30T09:00:00.000Z,scanner,ex01,RECEIVE,SMTP,<1@contoso.com>,n1,kim@fabrikam.com;lee@fabrikam.com,,ann@contoso.com,Invoice,S:Id=L6HP0001\r\n" +
	"2026-11-30T09:00:01.000Z,ex01,mx,DEFER,SMTP,<1@contoso.com>,n1,kim@fabrikam.com,451 4.3.0 later,ann@contoso.com,Invoice,S:Id=L6HP0001\r\n" +
	"2026-11-30T09:16:01.000Z,ex01,mx,SEND,SMTP,<1@contoso.com>,n1,lee@fabrikam.com,250 ok,ann@contoso.com,Invoice,S:Id=L6HP0001\r\n" +
	"2026-11-30T10:00:00.000Z,x,ex01,RECEIVE,SMTP,<2@contoso.com>,n2,max@fabrikam.com,,<>,\"<script>alert(1)</script>\x1b[31m\u202egnp.exe\",S:Id=L6HP0002\r\n" +
	"this is no row\r\n"

// withTracking makes a tester's console search a log.
func withTracking(t testing.TB, wait <-chan struct{}) func(*Options) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "MSGTRK2026113009-1.LOG")
	if err := os.WriteFile(path, []byte(trackingLog), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(o *Options) {
		o.Tracking = func(context.Context) ([]string, error) {
			if wait != nil {
				<-wait
			}
			return []string{filepath.Dir(path)}, nil
		}
	}
}

// TestTracking: a search finds messages by each field, one row each, with what became of them and the whole story.
func TestTracking(t *testing.T) {
	g := newFakeGateway(2)
	g.messages[1].Recipients[0].To = "kim@fabrikam.com"
	b := newTester(t, relayed, withGateway(g), withTracking(t, nil))
	form := b.get("/tracking")
	b.expect(form, http.StatusOK, "Sender", "Recipients", "Message ID", "Since (UTC)", `value="2026-11-29 12:00"`)
	if strings.Contains(form.body, "ann@contoso.com") {
		t.Error("a search was made that wasn't asked for")
	}
	for _, query := range []string{"from=ann", "to=lee", "subject=invoice", "id=1@contoso.com", "id=L6HP0001", "event=DEFER", "since=2026-11-30+08:00&until=2026-11-30+09:30"} {
		a := b.get("/tracking?" + query)
		b.expect(a, http.StatusOK, "1 message", "ann@contoso.com", "Invoice", "kim@fabrikam.com: deferred", "451 4.3.0 later", "lee@fabrikam.com: accepted", "1 deferred, 1 accepted",
			"received, from scanner", "deferred by mx", "16 minutes", "kim@fabrikam.com waits for Internet contoso.com", "/messages/L6HP0001", "Left out, because they can't be read: 1 line")
		harmlessPage(t, a)
	}
	all := b.get("/tracking?from=")
	b.expect(all, http.StatusOK, "2 messages", "&lt;script&gt;", "⟨U+202E⟩")
	harmlessPage(t, all)
	b.expect(b.get("/tracking?from=nobody"), http.StatusOK, "No message matches")
	b.expect(b.get("/tracking?since=noon"), http.StatusOK, "The search can't begin", `aria-invalid="true"`, "such as 2026-11-30 09:14")
	b.expect(b.get("/tracking?since=2026-11-30&until=2026-11-29"), http.StatusOK, "this time is before the one in Since")
	b.expect(newTester(t, relayed).get("/tracking?from=a"), http.StatusOK, "There is no message tracking log to search")
}

// TestTrackingGoesOn: a search that takes long shows how far it is, and then its result.
func TestTrackingGoesOn(t *testing.T) {
	wait := make(chan struct{})
	b := newTester(t, relayed, withTracking(t, wait))
	b.expect(b.get("/tracking?from=ann"), http.StatusOK, "Searching the logs", "data-wait", "Look again")
	close(wait)
	b.expect(b.get("/tracking?from=ann"), http.StatusOK, "1 message", "How messages wait isn't known")
}
