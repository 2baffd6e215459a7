package browsertest

import "fmt"

// widths are those of a telephone and of a desk's screen, in CSS pixels. 360 pixels are 1280 at a zoom of 355 %, too.
var widths = []int64{360, 1280}

// Inspect fails the test if axe-core, or the browser, finds a mistake on the page, or if it is wider than the window,
// in light and in dark colours, on small and large screens. It keeps a picture of each.
func (p *page) Inspect(name string) {
	p.t.Helper()
	for scheme, prefer := range map[string]func(){"dark": p.Dark, "light": p.Light} {
		prefer()
		for _, width := range widths {
			p.Size(width, 900)
			for _, found := range p.Axe() {
				p.t.Errorf("%s, %s, %d pixels: %s", p.URL(), scheme, width, found)
			}
			if more := p.Wide(); more > 0 {
				p.t.Errorf("%s, %d pixels: the page is %v pixels wider than the window", p.URL(), width, more)
			}
			if screenshots != "" {
				p.Screenshot(fmt.Sprintf("%s-%s-%d", name, scheme, width))
			}
		}
	}
	p.Light()
	p.quiet()
}

// office is a policy with something on every page.
const office = `New-AcceptedDomain -Name Contoso -DomainName contoso.com
New-SendConnector -Name ToInternetGateway -Usage Internet -AddressSpaces "*" -SmartHosts smtpgateway1.contoso.com -SmartHostAuthMechanism None -SourceTransportServers HubA -DNSRoutingEnabled $false
New-ReceiveConnector -Name FromInternetGateway -Server HubA -Usage Custom -PermissionGroups AnonymousUsers -Bindings 10.2.3.4:25 -RemoteIpRanges 192.168.5.77
Get-ReceiveConnector FromInternetGateway | Add-ADPermission -User "NT AUTHORITY\ANONYMOUS LOGON" -ExtendedRights Ms-Exch-SMTP-Accept-Any-Recipient
`
