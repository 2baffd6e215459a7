package entra_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/interchange-smtp/interchange/relay/relaytest/entra"
)

// An application gets a token, and an error as Entra has it.
func Example() {
	server, err := entra.NewServer()
	if err != nil {
		fmt.Println(err)
		return
	}
	server.Apps = []entra.App{{ID: "app", Secret: "right", Roles: []string{"SMTP.SendAsApp"}}}
	web := httptest.NewServer(server)
	defer web.Close()
	for _, secret := range []string{"right", "wrong"} {
		answer, err := http.PostForm(web.URL+"/contoso.com/oauth2/v2.0/token", url.Values{
			"grant_type": {"client_credentials"}, "scope": {"https://outlook.office365.com/.default"},
			"client_id": {"app"}, "client_secret": {secret},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		fmt.Println(answer.Status)
	}
	// Output:
	// 200 OK
	// 400 Bad Request
}
