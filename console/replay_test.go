package console

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"html"
	"io"
	"mime/multipart"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// mailLog is a log of Postfix: a scanner sends to another domain, which the policy refuses, and a printer does so too.
const mailLog = `Mar  2 00:00:01 mx1 postfix/smtpd[7]: connect from <b>scanner</b>[10.2.10.7]
Mar  2 00:00:02 mx1 postfix/smtpd[7]: 4XyZ1a2b3c: client=<b>scanner</b>[10.2.10.7]
Mar  2 00:00:02 mx1 postfix/qmgr[8]: 4XyZ1a2b3c: from=<scan@contoso.com>, size=4096, nrcpt=1 (queue active)
Mar  2 00:00:03 mx1 postfix/smtp[9]: 4XyZ1a2b3c: to=<carl@example.org>, relay=relay.contoso.com[198.51.100.1]:25, status=sent (250 ok)
Mar  2 00:00:03 mx1 postfix/qmgr[8]: 4XyZ1a2b3c: removed
Mar  2 00:00:04 mx1 postfix/smtpd[7]: connect from printer[10.2.9.5]
Mar  2 00:00:05 mx1 postfix/smtpd[7]: 4XyZ1a2b3d: client=printer[10.2.9.5]
Mar  2 00:00:05 mx1 postfix/qmgr[8]: 4XyZ1a2b3d: from=<print@contoso.com>, size=4096, nrcpt=1 (queue active)
Mar  2 00:00:06 mx1 postfix/smtp[9]: 4XyZ1a2b3d: to=<carl@example.org>, relay=relay.contoso.com[198.51.100.1]:25, status=sent (250 ok)
Mar  2 00:00:06 mx1 postfix/qmgr[8]: 4XyZ1a2b3d: removed
`

// upload sends the form of the page Replay a log; fields are name, value.
func (b *tester) upload(log io.Reader, fields ...string) answer {
	b.Helper()
	in, out := io.Pipe()
	form := multipart.NewWriter(out)
	go func() {
		for i := 0; i+1 < len(fields); i += 2 {
			form.WriteField(fields[i], fields[i+1])
		}
		if log != nil {
			part, err := form.CreateFormFile("log", "mail.log")
			if err == nil {
				_, err = io.Copy(part, log)
			}
			if err != nil {
				out.CloseWithError(err)
				return
			}
		}
		form.Close()
		out.Close()
	}()
	r := httptest.NewRequest("POST", "http://localhost/replay", in)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	defer in.Close()
	return b.send(r)
}

// TestReplay: a log is judged by the policy, and by a change that is proposed; each example leads to its explanation.
func TestReplay(t *testing.T) {
	b := newTester(t, office)
	b.expect(b.get("/replay"), 200, "The log isn't kept", "Decide by")
	page := b.upload(strings.NewReader(mailLog), "local", "10.2.3.4")
	b.expect(page, 200, "1 session would have another result", "verdict at rcpt on", "mail.log:1: 10.2.10.7", "Never used: ", "10.2.9.7")
	if strings.Contains(page.body, "<b>scanner") {
		t.Errorf("a name in the log is markup")
	}
	example := regexp.MustCompile(`href="(/ask[^"]*)">mail.log:1`).FindStringSubmatch(page.body)
	if example == nil {
		t.Fatalf("no example leads to an explanation:\n%s", page.body)
	}
	b.expect(b.get(html.UnescapeString(example[1])), 200, "Refused as", "carl@example.org", "Unable to relay")
	text := b.get(page.page + "/text")
	b.expect(text, 200, "2 sessions: 1 the same, 1 different")

	review := b.post("/propose", "title", "Let the scanners relay", "commands", `Get-ReceiveConnector Scanners | Add-ADPermission -User "NT AUTHORITY\ANONYMOUS LOGON" -ExtendedRights "Ms-Exch-SMTP-Accept-Any-Recipient"`)
	b.expect(b.get("/replay"), 200, "the change: Let the scanners relay", "1 of 2 sessions different")
	id := strings.TrimPrefix(review.page, "/changes/")
	b.expect(b.upload(strings.NewReader(mailLog), "against", id, "local", "10.2.3.4"), 200, "Every session has the same result", "Let the scanners relay")

	b.session = "two"
	b.expect(b.get(page.page), 404)
	b.expect(b.upload(strings.NewReader(mailLog), "against", id), 404)
	b.console.replays.forget("one")
	b.session = "one"
	b.expect(b.get(page.page), 404)
}

// TestReplayMistakes: each upload that can't be judged says why.
func TestReplayMistakes(t *testing.T) {
	b := newTester(t, office)
	b.expect(b.upload(nil), 400)
	b.expect(b.upload(strings.NewReader("hello\n")), 400, "neither a protocol log nor a mail log")
	b.expect(b.upload(strings.NewReader(mailLog), "local", "here"), 400, "is not an IP address")
	b.expect(b.upload(strings.NewReader(mailLog), "against", "nothing"), 404)
	b.expect(b.post("/replay", "log", mailLog), 400, "The form has no file.")
	b.expect(b.upload(io.LimitReader(endless{}, maxLog+1<<20)), 413, "larger than 64 MB")
	for range maxReplays {
		b.console.replays.begin()
	}
	b.expect(b.upload(strings.NewReader(mailLog)), 503, "2 logs are being replayed already.")
}

// endless is a log without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], mailLog)
	}
	return n, nil
}

// TestReplayPacked: a packed log is judged, and beyond the time it is not.
func TestReplayPacked(t *testing.T) {
	b := newTester(t, office)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprint(z, mailLog)
	z.Close()
	b.expect(b.upload(&packed, "local", "10.2.3.4"), 200, "1 session would have another result")
	if _, err := (&untilReader{in: endless{}}).Read(make([]byte, 10)); err != errReplayTime {
		t.Errorf("beyond the time: %v", err)
	}
}

// TestReports: a session has at most four reports, and all sessions together sixteen.
func TestReports(t *testing.T) {
	var l replays
	for i := range 40 {
		l.add(&replayed{ID: fmt.Sprint(i), session: fmt.Sprint("s", i%8)})
		if n := len(l.of(fmt.Sprint("s", i%8))); n > maxSessionReports || len(l.list) > maxReports {
			t.Fatalf("%d of a session, %d in all", n, len(l.list))
		}
	}
	if len(l.list) != maxReports || l.of("s7")[0].ID != "39" {
		t.Errorf("%d reports, the last is %s", len(l.list), l.of("s7")[0].ID)
	}
	for range 10 {
		l.add(&replayed{session: "s1"})
	}
	if n := len(l.of("s1")); n != maxSessionReports {
		t.Errorf("%d of a session", n)
	}
}
