package sign_test

import (
	"fmt"
	"log"
	"time"

	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/sign"
	"github.com/interchange-smtp/interchange/routing"
)

// A new key, and what to publish in DNS for it.
func ExampleKey_Zone() {
	private, err := sign.Generate(sign.Ed25519)
	if err != nil {
		log.Fatal(err)
	}
	private = edKey // the same one each time
	key, err := sign.NewKey(routing.MustParseDomain("contoso.com"), "20261201", time.Time{}, private)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.Zone())
	fmt.Println(key.Check([]string{"v=DKIM1; k=ed25519; p="}))
	// Output:
	// 20261201._domainkey.contoso.com. IN TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
	// the record says that the key was revoked (p= is empty)
}

// A Sender signs the mail of the connectors whose DkimSigning says so, with the keys in a directory.
func ExampleSigner() {
	keys, err := sign.ReadDirectory("/etc/interchange/dkim")
	if err != nil {
		log.Fatal(err)
	}
	signer := &sign.Signer{Keys: keys}
	sender := &delivery.Sender{Sign: signer.Sign}
	defer sender.Close()
}
