package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"

	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/oauth"
	"github.com/interchange-smtp/interchange/relay/relaytest/entra"
)

// A Sender logs on to Microsoft 365 with the tokens of an application.
func Example() {
	settings, err := oauth.Parse("tokens.json", []byte(`{"Connectors": [{
  "Name": "To Microsoft 365",
  "Provider": "Microsoft365",
  "Grant": "ClientCredentials",
  "Tenant": "contoso.onmicrosoft.com",
  "ClientID": "11111111-2222-3333-4444-555555555555",
  "ClientSecret": {"Credential": "m365-secret"},
  "SecretExpires": "2027-05-31"
}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	sources := &oauth.Sources{Dir: "/var/lib/interchange/tokens"}
	defer sources.Close()
	sender := &delivery.Sender{Tokens: sources.For} // with sources.Set(settings, policy)
	defer sender.Close()
	fmt.Println(settings.Connectors[0].Grant, settings.Connectors[0].ClientSecret)
	// Output: ClientCredentials systemd credential m365-secret
}

// What a token server refuses is explained, with the cure.
func ExampleError() {
	server, err := entra.NewServer()
	if err != nil {
		fmt.Println(err)
		return
	}
	web := httptest.NewServer(server)
	defer web.Close()
	server.Apps = []entra.App{{ID: "app", Secret: "right"}}

	c := oauth.Config{Name: "Out", Grant: oauth.ClientCredentials, TokenURL: web.URL + "/token", ClientID: "app", ClientSecret: oauth.Secret{Value: "wrong"}}
	_, err = new(oauth.Sources).Fetch(context.Background(), &c, "")
	var why *oauth.Error
	if errors.As(err, &why) {
		fmt.Println(why.Cause, why.Code)
		fmt.Println(why.Detail)
		fmt.Println(why.Cure)
	}
	// Output:
	// secret-refused AADSTS7000215
	// the application's client secret is wrong
	// make a new client secret (Entra: App registrations, Certificates & secrets) and put its value, not its id, in the place of ClientSecret
}
