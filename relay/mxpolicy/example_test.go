package mxpolicy_test

import (
	"fmt"
	"log"

	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/mxpolicy"
)

// A Sender asks Policies. A file keeps MTA-STS policies over a restart, and DANE is on if the
// system's name servers can be believed.
func Example() {
	policies := &mxpolicy.Policies{DNSSEC: mxpolicy.SystemResolver(), File: "/var/lib/mail/mta-sts.json"}
	defer policies.Close()
	sender := &delivery.Sender{TLSPolicies: policies}
	defer sender.Close()
	fmt.Println(sender.TLSPolicies != nil)
	// Output:
	// true
}

// A policy says by which names a domain's mail exchangers may be reached.
func ExampleParseSTS() {
	policy, err := mxpolicy.ParseSTS("version: STSv1\nmode: enforce\nmx: *.mail.example\nmax_age: 604800\n")
	if err != nil {
		log.Fatal(err)
	}
	for _, host := range []string{"mx1.mail.example", "mail.example"} {
		fmt.Println(host, policy.Names(host))
	}
	// Output:
	// mx1.mail.example true
	// mail.example false
}
