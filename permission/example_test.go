package permission_test

import (
	"fmt"

	"github.com/interchange-smtp/interchange/permission"
)

// Anonymous relay as the guide sets it up: the group AnonymousUsers and one
// explicitly granted right.
func Example() {
	relay, err := permission.ParseRight("ms-Exch-SMTP-Accept-Any-Recipient")
	if err != nil {
		fmt.Println(err)
		return
	}
	explicit := permission.Grant{To: permission.SIDAnonymous, Allow: permission.SetOf(relay)}
	acl, err := permission.NewACL(permission.Exchange2007, permission.AnonymousUsers, explicit)
	if err != nil {
		fmt.Println(err)
		return
	}
	for r := range acl.Rights(permission.Anonymous()).All() {
		fmt.Println(r)
	}
	fmt.Println("a user relays:", acl.Rights(permission.Authenticated("ann")).Has(relay))
	// Output:
	// ms-Exch-SMTP-Submit
	// ms-Exch-SMTP-Accept-Any-Recipient
	// ms-Exch-SMTP-Accept-Any-Sender
	// ms-Exch-Accept-Headers-Routing
	// a user relays: false
}

func ExampleACL_Explain() {
	printer, err := permission.ParsePrincipal(`CONTOSO\printer`)
	if err != nil {
		fmt.Println(err)
		return
	}
	never := permission.Grant{To: printer.SIDs[0], Deny: permission.SetOf(permission.AcceptAnyRecipient)}
	acl, err := permission.NewACL(permission.Current, permission.ExchangeUsers, never)
	if err != nil {
		fmt.Println(err)
		return
	}
	user := permission.Authenticated(`contoso\Printer`)
	b := acl.Explain(user, permission.AcceptAnyRecipient)
	fmt.Println("held:", b.Held)
	fmt.Println("denies:", len(b.Grants), "allows overridden:", len(b.Overridden), "of", b.Overridden[0].Group)
	// Output:
	// held: false
	// denies: 1 allows overridden: 1 of ExchangeUsers
}

// On an Edge server there is no Windows domain, so ExchangeUsers gives nothing.
func ExampleGroup_Grants() {
	groups := permission.ExchangeUsers | permission.Partners
	for _, g := range groups.Grants(permission.Current, true) {
		fmt.Println(g)
	}
	// Output:
	// allow ms-Exch-SMTP-Submit, ms-Exch-Accept-Headers-Routing to MS Exchange\Partner Servers (Partners)
}
