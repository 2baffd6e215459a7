package browsertest

import "fmt"

// widths are those of a telephone and of a desk's screen, in CSS pixels. 360 pixels are 1280 at a zoom of 355 %, too.
var widths = []int64{360, 1280}

// wide is the width of a large screen, and longest that of a line of text on it, of about 140 characters.
const wide, longest = 1920, 1120

// Inspect fails the test if axe-core, or the browser, finds a mistake on the page, or if it is wider than the window,
// in light and in dark colours, on small and large screens, or hard to read on a wide one. It keeps a picture of each.
func (p *page) Inspect(name string) {
	p.t.Helper()
	p.settle()
	for _, c := range []struct {
		scheme string
		prefer func()
		rules  []string
	}{{"dark", p.Dark, []string{"color-contrast", "link-in-text-block"}}, {"light", p.Light, nil}} { // the other rules don't depend on colours
		c.prefer()
		for _, width := range widths {
			p.Size(width, 900)
			for _, found := range p.Axe(c.rules...) {
				p.t.Errorf("%s, %s, %d pixels: %s", p.URL(), c.scheme, width, found)
			}
			p.fits(fmt.Sprintf("%s-%s-%d", name, c.scheme, width), width)
		}
	}
	p.Size(wide, 1080)
	p.fits(fmt.Sprintf("%s-%d", name, wide), wide)
	p.Size(1280, 900)
	p.quiet()
}

// fits fails the test if the page is wider than the window, or hides columns of tables on a large screen, or has lines
// that are too long to read. It keeps a picture.
func (p *page) fits(picture string, width int64) {
	p.t.Helper()
	if more := p.Wide(); more > 0 {
		p.t.Errorf("%s, %d pixels: the page is %v pixels wider than the window", p.URL(), width, more)
	}
	var hidden, long []string
	columns := map[int64]int{1280: 8, wide: 15}[width] // more of them scroll in their box
	p.evaluate(fmt.Sprintf(`[...document.querySelectorAll("main .scroll")].filter(e =>
		e.scrollWidth > e.clientWidth && e.querySelectorAll("thead th").length <= %d).map(e => e.textContent.trim().slice(0, 60))`, columns), &hidden)
	if len(hidden) > 0 {
		p.t.Errorf("%s, %d pixels: these tables hide columns: %q", p.URL(), width, hidden)
	}
	p.evaluate(fmt.Sprintf(`[...document.querySelectorAll("main p, main li, main dd, main summary, main small, main .help")].filter(e => {
		const text = document.createRange();
		text.selectNodeContents(e);
		return !e.closest("table") && !e.querySelector("pre, .map, fieldset") && [...text.getClientRects()].some(r => r.width > %d);
	}).map(e => e.textContent.trim().slice(0, 60))`, longest), &long)
	if len(long) > 0 {
		p.t.Errorf("%s, %d pixels: these lines are longer than %d pixels: %q", p.URL(), width, longest, long)
	}
	if screenshots != "" {
		p.Screenshot(picture)
	}
}

// office is a policy with something on every page.
const office = `New-AcceptedDomain -Name Contoso -DomainName contoso.com
New-RemoteDomain -Name Partner -DomainName partner.example
New-SendConnector -Name ToInternetGateway -Usage Internet -AddressSpaces "*" -SmartHosts smtpgateway1.contoso.com -SmartHostAuthMechanism None -SourceTransportServers HubA -DNSRoutingEnabled $false
New-ReceiveConnector -Name FromInternetGateway -Server HubA -Usage Custom -PermissionGroups AnonymousUsers -Bindings 10.2.3.4:25 -RemoteIpRanges 192.168.5.77
Get-ReceiveConnector FromInternetGateway | Add-ADPermission -User "NT AUTHORITY\ANONYMOUS LOGON" -ExtendedRights Ms-Exch-SMTP-Accept-Any-Recipient
`
