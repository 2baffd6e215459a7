package browsertest

import (
	"strconv"
	"testing"

	"github.com/interchange-smtp/interchange/console"
)

// scans is a log of Postfix: a scanner sends to another domain, which the policy refuses.
const scans = `Mar  2 00:00:01 mx1 postfix/smtpd[7]: connect from <img src=x>[10.2.10.7]
Mar  2 00:00:02 mx1 postfix/smtpd[7]: 4XyZ1a2b3c: client=<img src=x>[10.2.10.7]
Mar  2 00:00:02 mx1 postfix/qmgr[8]: 4XyZ1a2b3c: from=<scan@contoso.com>, size=4096, nrcpt=1 (queue active)
Mar  2 00:00:03 mx1 postfix/smtp[9]: 4XyZ1a2b3c: to=<carl@example.org>, relay=relay.contoso.com[198.51.100.1]:25, status=sent (250 ok)
Mar  2 00:00:03 mx1 postfix/qmgr[8]: 4XyZ1a2b3c: removed
`

// TestToolPages: the pages that look into the policy are readable for everyone, in light and dark.
func TestToolPages(t *testing.T) {
	t.Parallel()
	d := newDesk(t, office, console.Change)
	p := d.LogOn()
	for name, address := range map[string]string{
		"ask-form": "/ask", "ask": "/ask?remote=192.168.5.78&local=10.2.3.4:25&ehlo=scanner&from=scan@contoso.com&to=boss@example.com", "ask-wrong": "/ask?remote=scanner&to=boss",
		"findings": "/findings", "map": "/map", "map-one": "/map?only=FromInternetGateway&zoom=200", "access": "/access",
		"access-why": "/access/why?connector=FromInternetGateway&principal=S-1-5-7&right=ms-Exch-SMTP-Accept-Any-Recipient", "replay-form": "/replay", "audit": "/audit",
	} {
		p.Open(d.url + address)
		p.Inspect(name)
	}
}

// replay uploads a log and waits for the report.
func (p *page) replay(log string) {
	p.t.Helper()
	p.Open(p.home + "replay")
	p.evaluate(`{const chosen = new DataTransfer(); chosen.items.add(new File([`+strconv.Quote(log)+`], "mail.log")); document.querySelector("#log").files = chosen.files; 0}`, nil)
	p.Type("Address of this server", "10.2.3.4")
	p.Click("Replay")
	p.sees(`document.querySelector("h1").textContent === "Replay of mail.log"`)
}

// TestReplayUpload: a log is uploaded and judged, with a script and without.
func TestReplayUpload(t *testing.T) {
	t.Parallel()
	d := newDesk(t, office, console.View)
	for name, prepare := range map[string]func(*page){"with": func(*page) {}, "without": (*page).WithoutJavaScript} {
		p := d.LogOn(prepare)
		p.replay(scans)
		p.sees(`!document.querySelector("main img[src=x]")`)
		if name == "with" { // axe-core is a script, too
			p.Inspect("replay")
		}
	}
}

// TestMapByMouse: the wheel changes the size of the drawing.
func TestMapByMouse(t *testing.T) {
	t.Parallel()
	d := newDesk(t, office, console.View)
	p := d.LogOn()
	p.Open(d.url + "/map?zoom=100")
	p.settle()
	p.evaluate(`{document.querySelector("[data-map]").dispatchEvent(new WheelEvent("wheel", {deltaY: -1, ctrlKey: true, cancelable: true})); 0}`, nil)
	p.sees(`document.querySelector("[data-map] img").style.zoom === "1.25"`)
	p.quiet()
}
