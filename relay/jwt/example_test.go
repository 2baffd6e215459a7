package jwt_test

import (
	"fmt"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/relay/jwt"
)

// Devices and applications log on with tokens of the company's identity provider.
func Example() {
	keys, err := jwt.KeysOf("https://login.contoso.com/tenant", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	v := &jwt.Verifier{
		Keys: keys, Issuer: "https://login.contoso.com/tenant", Audiences: []string{"smtp.contoso.com"},
		Scopes: []string{"smtp.send"}, UserClaim: "email",
	}
	fmt.Println(v.Check())
	methods := auth.Methods{Tokens: v} // for relay.Server.Verifier
	for _, m := range methods.On(auth.Channel{TLS: true}).Further {
		fmt.Println(m.Name)
	}
	// Output:
	// <nil>
	// OAUTHBEARER
	// XOAUTH2
}
