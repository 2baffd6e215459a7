package envelope_test

import (
	"fmt"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// A type that adds to an envelope embeds it, as the messages of a queue do.
func Example() {
	type queued struct {
		envelope.Envelope
		attempts int
	}
	m := queued{Envelope: envelope.Envelope{From: routing.MustParseAddress("kim@contoso.com"), Return: envelope.ReturnHeader}}
	m.EnvID, _ = envelope.ParseEnvID("QQ+2B1=x")
	fmt.Println(m.From, m.Body, m.Return, m.EnvID, m.attempts)

	to := envelope.Recipient{To: routing.MustParseAddress("lee@fabrikam.com")}
	to.Notify, _ = envelope.ParseNotify("delay,success")
	fmt.Println(to.To, to.Notify, to.Notify.Has(envelope.NotifyFailure))
	// Output:
	// kim@contoso.com 7BIT HDRS QQ+2B1+3Dx 0
	// lee@fabrikam.com SUCCESS,DELAY false
}

// ORCPT is passed on as it came; a report shows it decoded.
func ExampleDecodeORcpt() {
	orcpt, _ := envelope.ParseORcpt("rfc822;a+2Bb@example.net")
	kind, address, _ := envelope.DecodeORcpt(orcpt)
	fmt.Println(orcpt, kind, address)
	// Output: rfc822;a+2Bb@example.net rfc822 a+b@example.net
}
