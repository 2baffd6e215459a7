package replay_test

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/replay"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

func Example() {
	policy, err := connector.Compile(connector.Config{
		Accepted: []routing.AcceptedDomain{{DomainName: "fabrikam.com"}},
		Receive: []connector.Receive{{
			Name:             "Default",
			Bindings:         []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:25")},
			RemoteIPRanges:   []param.Range{param.MustParseRange("0.0.0.0/0")},
			PermissionGroups: param.Value(permission.AnonymousUsers),
		}},
	})
	if err != nil {
		panic(err)
	}
	const log = `Mar  2 00:00:01 mx1 postfix/smtpd[7]: connect from scanner[192.0.2.77]
Mar  2 00:00:02 mx1 postfix/smtpd[7]: 4XyZ1a2b3c: client=scanner[192.0.2.77]
Mar  2 00:00:02 mx1 postfix/qmgr[8]: 4XyZ1a2b3c: from=<scan@fabrikam.com>, size=4096, nrcpt=1 (queue active)
Mar  2 00:00:03 mx1 postfix/smtp[9]: 4XyZ1a2b3c: to=<carl@example.org>, relay=mx.example.org[198.51.100.1]:25, status=sent (250 ok)
Mar  2 00:00:03 mx1 postfix/qmgr[8]: 4XyZ1a2b3c: removed
`
	r := replay.New(policy, replay.Options{})
	if err := r.Read("mail.log", strings.NewReader(log)); err != nil {
		panic(err)
	}
	report := r.Report()
	fmt.Println("all alike:", report.Same())
	for _, d := range report.Differences {
		fmt.Println(d)
		fmt.Println(d.Examples[0])
	}
	// Output:
	// all alike: false
	// verdict at rcpt on "Default": was 250, now 550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain (relay-denied)
	// mail.log:1: 192.0.2.77 from=scan@fabrikam.com about carl@example.org
}
