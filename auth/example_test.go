package auth_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/interchange-smtp/interchange/auth"
)

// What a connector offers depends on the channel.
func Example() {
	m, err := auth.ParseMechanism("BasicAuth, BasicAuthRequireTLS, Tls")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m)
	fmt.Println("in the clear:", m.Offer(auth.Channel{}))
	fmt.Println("within TLS:  ", m.Offer(auth.Channel{TLS: true}))
	// Output:
	// Tls, BasicAuth, BasicAuthRequireTLS
	// in the clear: []
	// within TLS:   [LOGIN PLAIN]
}

func ExampleMechanism_Check() {
	for _, broken := range (auth.ExternalAuthoritative | auth.BasicAuthRequireTLS).Check() {
		fmt.Println(broken.Code)
	}
	// Output:
	// auth-basic-tls-needs-basic
	// auth-basic-tls-needs-tls
	// auth-external-exclusive
}

func ExampleNewExchange() {
	verify := func(c auth.Credentials) error {
		if c.Username == "ann" && c.Password.Reveal() == "tea" {
			return nil
		}
		return auth.ErrBadCredentials
	}
	x, err := auth.NewExchange("LOGIN", verify)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, response := range [][]byte{nil, []byte("ann"), []byte("coffee")} {
		challenge, done, err := x.Next(response)
		fmt.Printf("%q done=%v refused=%v\n", challenge, done, errors.Is(err, auth.ErrBadCredentials))
	}
	// Output:
	// "Username:" done=false refused=false
	// "Password:" done=false refused=false
	// "" done=true refused=true
}

func ExampleSecret() {
	c := auth.Credentials{Mechanism: "PLAIN", Username: "ann", Password: "hunter2"}
	fmt.Printf("%+v\n", c)
	// Output:
	// {Mechanism:PLAIN AuthzID: Username:ann Password:REDACTED}
}

// A server that takes tokens beside passwords, and a mechanism of its own.
func ExampleMethods() {
	m := auth.Methods{
		Passwords: auth.VerifierFunc(func(context.Context, auth.Credentials, auth.Channel) (auth.Identity, error) {
			return auth.Identity{}, auth.ErrBadCredentials
		}),
		Others: []auth.Method{{
			SASL:  auth.SASL{Name: "GSSAPI", Flags: auth.Integrated, NeedsTLS: true},
			Begin: func(auth.Channel, auth.Attempt) auth.Exchange { return nil }, // the program's own exchange
		}},
	}
	flags := auth.TLS | auth.Integrated | auth.BasicAuth | auth.BasicAuthRequireTLS
	fmt.Println(flags.Offer(m.On(auth.Channel{})))
	fmt.Println(flags.Offer(m.On(auth.Channel{TLS: true})))
	// Output:
	// []
	// [GSSAPI LOGIN PLAIN]
}
